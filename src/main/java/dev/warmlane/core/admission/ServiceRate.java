package dev.warmlane.core.admission;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

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

    /**
     * When those who are refused should come back: once the queue as it is now will have been served at the observed rate, and up
     * to half as long again, so that they do not all come back at once. Between 100 ms and 60 s; OpenAI's clients ignore advice
     * beyond that.
     */
    static final class RetryAdvice {
        private static final double LEAST_MILLIS = 100;
        private static final double MOST_MILLIS = 60_000;

        private final ServiceRate rate;
        private final Duration whenUnknown;
        private final RandomGenerator random;

        /** @param whenUnknown the advice while nothing has been seen to end */
        RetryAdvice(ServiceRate rate, Duration whenUnknown, RandomGenerator random) {
            this.rate = rate;
            this.whenUnknown = whenUnknown;
            this.random = random;
        }

        Duration after(int waiting) {
            double perSecond = rate.perSecond();
            double millis = perSecond > 0 ? 1000 * (waiting + 1) / perSecond : whenUnknown.toMillis();
            double spread = Math.max(LEAST_MILLIS, millis) * (1 + random.nextDouble() / 2);
            return Duration.ofMillis((long) Math.min(MOST_MILLIS, spread));
        }
    }
}
