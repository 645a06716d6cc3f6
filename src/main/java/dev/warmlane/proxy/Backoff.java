package dev.warmlane.proxy;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * The pause before an attempt whose cause repeats: random between zero and a ceiling that doubles each time, so that
 * requests that failed together do not come back together ("full jitter": M. Brooker, Exponential Backoff And Jitter, AWS
 * Architecture Blog, 2015).
 *
 * @param first the ceiling at the first repetition, more than zero
 * @param max the highest ceiling, at least the first
 * @param random uniform in [0, 1)
 */
record Backoff(Duration first, Duration max, DoubleSupplier random) {
    /** Past this many doublings every ceiling is the highest. */
    private static final int MOST_DOUBLINGS = 20;

    /** @param repetitions how often the cause has repeated; none means no pause */
    Duration pause(int repetitions) {
        if (repetitions == 0) {
            return Duration.ZERO;
        }
        double doubled = (double) first.toNanos() * (1L << Math.min(repetitions - 1, MOST_DOUBLINGS));
        return Duration.ofNanos((long) (random.getAsDouble() * Math.min(doubled, (double) max.toNanos())));
    }
}
