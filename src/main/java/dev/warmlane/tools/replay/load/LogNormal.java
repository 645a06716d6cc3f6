package dev.warmlane.tools.replay.load;

import java.util.SplittableRandom;

/**
 * A log-normal distribution, told by two of its percentiles as statistics of traffic give them.
 *
 * @param p50 the median; > 0
 * @param p90 at least the median
 * @param most larger draws count as this
 */
record LogNormal(double p50, double p90, double most) {
    /** The standard normal distribution's 90th percentile. */
    private static final double NORMAL_P90 = 1.2815515655446004;

    double draw(SplittableRandom random) {
        // StrictMath, so that a load is the same on every machine.
        double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
        double normal = radius * StrictMath.cos(2 * Math.PI * random.nextDouble());
        double sigma = StrictMath.log(p90 / p50) / NORMAL_P90;
        return Math.min(most, p50 * StrictMath.exp(sigma * normal));
    }

    /** A draw as whole tokens, at least 1. */
    int tokens(SplittableRandom random) {
        return (int) Math.max(1, Math.round(draw(random)));
    }

    /** A draw of seconds in nanoseconds. */
    long nanos(SplittableRandom random) {
        return Math.round(draw(random) * 1e9);
    }
}
