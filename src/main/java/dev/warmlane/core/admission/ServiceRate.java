package dev.warmlane.core.admission;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;

/**
 * Requests that ended per second, over the last half minute or since the start if that is shorter. Safe for concurrent use;
 * takes no lock.
 */
final class ServiceRate {
    private static final int SLOTS = 30;
    private static final int COUNT_BITS = 24;
    private static final double NANOS_PER_SECOND = 1e9;

    private final LongSupplier nanoClock;
    private final long startedNanos;
    /** One a second: the second since the start, and in the low bits the requests that ended in it. */
    private final AtomicLongArray slots = new AtomicLongArray(SLOTS);

    ServiceRate(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        this.startedNanos = nanoClock.getAsLong();
    }

    void ended() {
        long second = (long) elapsedSeconds();
        slots.accumulateAndGet(
                (int) (second % SLOTS),
                second,
                (slot, now) -> slot >>> COUNT_BITS == now ? slot + 1 : (now << COUNT_BITS) + 1);
    }

    /** At least 0. */
    double perSecond() {
        double elapsed = elapsedSeconds();
        long second = (long) elapsed;
        long ended = 0;
        for (int i = 0; i < SLOTS; i++) {
            long slot = slots.get(i);
            if (slot >>> COUNT_BITS > second - SLOTS) {
                ended += slot & ((1 << COUNT_BITS) - 1);
            }
        }
        double window = Math.min(elapsed, SLOTS - 1 + elapsed - second);
        return ended / Math.max(1, window);
    }

    private double elapsedSeconds() {
        return (nanoClock.getAsLong() - startedNanos) / NANOS_PER_SECOND;
    }
}
