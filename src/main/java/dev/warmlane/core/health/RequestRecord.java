package dev.warmlane.core.health;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How the latest requests of one endpoint went: failures in a row, and successes and failures over a sliding window of ten
 * parts. Safe for concurrent use without locks; noting a success costs about as much as reading the clock. Counts are exact
 * but for a request that is noted just as its part of the window is used anew.
 *
 * <p>One {@code long} for each part, so that it is replaced in one step: 24 bits of the part's number, which tell whose
 * counts these are, then 20 bits each of successes and failures, up to a million.
 */
final class RequestRecord {
    private static final int PARTS = 10;
    private static final int BITS = 20;
    private static final int NUMBER_SHIFT = 2 * BITS;
    private static final long MAX = (1L << BITS) - 1;
    private static final long NUMBERS = (1L << 24) - 1;

    private final long partNanos;
    private final AtomicLongArray parts = new AtomicLongArray(PARTS);
    private final AtomicInteger consecutiveFailures = new AtomicInteger();

    /** Requests of the window. */
    record Counts(long successes, long failures) {
        long requests() {
            return successes + failures;
        }

        /** In [0, 1]; 1 over no requests. */
        double successRate() {
            return requests() == 0 ? 1 : (double) successes / requests();
        }
    }

    RequestRecord(Duration window) {
        this.partNanos = Math.max(1, window.toNanos() / PARTS);
    }

    void succeeded(long nowNanos) {
        if (consecutiveFailures.get() != 0) {
            consecutiveFailures.set(0);
        }
        add(nowNanos, 1L << BITS);
    }

    void failed(long nowNanos) {
        consecutiveFailures.incrementAndGet();
        add(nowNanos, 1);
    }

    int consecutiveFailures() {
        return consecutiveFailures.get();
    }

    Counts counts(long nowNanos) {
        long newest = Math.floorDiv(nowNanos, partNanos);
        long successes = 0;
        long failures = 0;
        for (long number = newest - PARTS + 1; number <= newest; number++) {
            long part = parts.get((int) Math.floorMod(number, (long) PARTS));
            if (part >>> NUMBER_SHIFT == (number & NUMBERS)) {
                successes += (part >>> BITS) & MAX;
                failures += part & MAX;
            }
        }
        return new Counts(successes, failures);
    }

    /** Forgets everything. */
    void clear() {
        consecutiveFailures.set(0);
        for (int i = 0; i < PARTS; i++) {
            parts.set(i, 0);
        }
    }

    private void add(long nowNanos, long one) {
        long number = Math.floorDiv(nowNanos, partNanos);
        int place = (int) Math.floorMod(number, (long) PARTS);
        long mask = MAX * one;
        while (true) {
            long before = parts.get(place);
            boolean current = before >>> NUMBER_SHIFT == (number & NUMBERS);
            long counts = current ? before : (number & NUMBERS) << NUMBER_SHIFT;
            if ((counts & mask) == mask || parts.compareAndSet(place, before, counts + one)) {
                return;
            }
        }
    }
}
