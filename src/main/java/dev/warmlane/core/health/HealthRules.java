package dev.warmlane.core.health;

import dev.warmlane.core.health.EndpointHealth.EjectionReason;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * When an endpoint is ejected, and how it comes back.
 *
 * @param outliers whether endpoints are judged by their requests
 * @param consecutiveFailures failures in a row that eject, at least 1
 * @param successRate share of successes below which an endpoint is ejected, in [0, 1]
 * @param minRequests requests within the window from which on that share says anything, at least 1
 * @param window the time that it is taken over, more than zero
 * @param ejection how long the first ejection lasts; each further one in a row lasts this much longer
 * @param maxEjection how long it lasts at most
 * @param keepSessions ejections up to this long keep the bindings of sessions
 * @param checkFall health checks in a row that fail before an endpoint is ejected, at least 1
 * @param checkRise health checks in a row that pass before it is on probation, at least 1
 * @param slowStart how long an endpoint that is new or has come back takes to its full load; zero for at once
 */
public record HealthRules(
        boolean outliers,
        int consecutiveFailures,
        double successRate,
        int minRequests,
        Duration window,
        Duration ejection,
        Duration maxEjection,
        Duration keepSessions,
        int checkFall,
        int checkRise,
        Duration slowStart) {

    /** The load that a starting endpoint begins with. */
    private static final double FIRST_LOAD_SHARE = 0.1;

    /** Why an endpoint with this record is to be ejected now, or null if it is not. */
    @Nullable
    EjectionReason verdict(RequestRecord requests, long nowNanos) {
        if (requests.consecutiveFailures() >= consecutiveFailures) {
            return EjectionReason.CONSECUTIVE_FAILURES;
        }
        RequestRecord.Counts counts = requests.counts(nowNanos);
        return counts.requests() >= minRequests && counts.successRate() < successRate
                ? EjectionReason.SUCCESS_RATE
                : null;
    }

    /** How long the last of so many ejections in a row lasts. */
    long ejectionNanos(int ejections) {
        // By division, so that a long row cannot overflow.
        return ejections > maxEjection.toNanos() / ejection.toNanos()
                ? maxEjection.toNanos()
                : ejections * ejection.toNanos();
    }

    /** The part of an equal load that an endpoint may take this long after it began to start, in [0.1, 1]. */
    double loadShare(long startedForNanos) {
        if (startedForNanos >= slowStart.toNanos()) {
            return 1;
        }
        return FIRST_LOAD_SHARE + (1 - FIRST_LOAD_SHARE) * startedForNanos / slowStart.toNanos();
    }

    /** How long ago an endpoint began to start that may take this part of an equal load now; 0 for less than the first part. */
    long startedForNanos(double loadShare) {
        double grown = (loadShare - FIRST_LOAD_SHARE) / (1 - FIRST_LOAD_SHARE);
        return (long) (Math.max(0, grown) * slowStart.toNanos());
    }

    /**
     * How the latest requests of one endpoint went: failures in a row, and successes and failures over a sliding window of ten
     * parts. Safe for concurrent use without locks; noting a success costs about as much as reading the clock. Counts are exact
     * but for a request that is noted just as its part of the window is used anew.
     *
     * <p>One {@code long} for each part, so that it is replaced in one step: 24 bits of the part's number, which tell whose
     * counts these are, then 20 bits each of successes and failures, up to a million.
     */
    static final class RequestRecord {
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
}
