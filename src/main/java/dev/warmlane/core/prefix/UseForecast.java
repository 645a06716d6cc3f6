package dev.warmlane.core.prefix;

import org.jspecify.annotations.Nullable;

/**
 * How often something will be used soon, by several memories at a time. Each memory is a rate that forgets with a half-life of
 * its own, and one more is the rate at this hour of the day; how much each counts is learned from how well it has foretold the times
 * between uses, of everything that is forecast: a change of traffic shows in the short ones first, rare uses are only in the
 * long ones, and what begins at nine is in the hours before it begins.
 *
 * <p>Weights are those of the exponentially weighted average forecaster under logarithmic loss, with a slow fading of old losses
 * (Cesa-Bianchi and Lugosi, Prediction, Learning, and Games, 2006, chapters 2 and 9; Herbster and Warmuth 1998 for
 * the fading). A memory's loss at a use is the negative logarithm of the likelihood that its rate, falling since the use before,
 * gave that time: the uses that it expected in between, less the logarithm of the rate that it had come down to. Memory is 100 bytes
 * for each thing, and as many again once it was used in two hours. Not safe for concurrent use.
 */
public final class UseForecast {
    private static final double[] HALF_LIFE_SECONDS = {30, 120, 600, 3600};
    private static final int MEMORIES = HALF_LIFE_SECONDS.length;
    private static final double FADING = 0.999;
    private static final double LEAST_RATE = 1.0 / 86_400;
    private static final double LN_2 = Math.log(2);

    private static final int HOURS = 24;
    private static final double HOUR_SECONDS = 3600;
    private static final double DAY_SECONDS = HOURS * HOUR_SECONDS;
    private static final double DAYS_HALF_LIFE_SECONDS = 7 * DAY_SECONDS;

    /** Beside what was seen in an hour of the day, what the longest memory expects counts as if seen for so long. */
    private static final double PRIOR_SECONDS = 600;

    /** An hour of the day counts from so long before it begins. */
    private static final double AHEAD_SECONDS = 600;

    private final double[] losses = new double[MEMORIES + 1];
    private final double[] weights = new double[MEMORIES + 1];

    /** Seconds of each hour of the day that have passed, of older days less. */
    private final double[] hourSeconds = new double[HOURS];

    private double beginSeconds = Double.NaN;
    private double lastSeconds;

    /** All memories count alike until they have foretold something. */
    public UseForecast() {
        weigh();
    }

    /** What the memories keep of one thing that is used. */
    public static final class Uses {
        private final double[] counts = new double[MEMORIES];
        private double lastSeconds;

        /** Of each hour of the day, as of the last use; null before there are two. */
        private float @Nullable [] hours;

        /** Whether it was never used. */
        public boolean isEmpty() {
            return counts[0] == 0;
        }
    }

    /** It is used now, in seconds that never fall; the memories learn from when the last time was. */
    public void used(Uses uses, double nowSeconds) {
        if (Double.isNaN(beginSeconds)) {
            beginSeconds = nowSeconds;
            lastSeconds = nowSeconds;
        }
        pass(nowSeconds);
        boolean first = uses.isEmpty();
        double since = nowSeconds - uses.lastSeconds;
        if (!first) {
            losses[MEMORIES] = FADING * losses[MEMORIES]
                    + hoursExpect(uses, nowSeconds)
                    - Math.log(Math.max(LEAST_RATE, hourRate(uses, nowSeconds, nowSeconds)));
            noteHour(uses, nowSeconds);
        }
        for (int i = 0; i < MEMORIES; i++) {
            if (!first) {
                double left = uses.counts[i] * exp2(-since / HALF_LIFE_SECONDS[i]);
                double expected = (uses.counts[i] - left) / share(i, nowSeconds);
                losses[i] = FADING * losses[i] + expected - Math.log(Math.max(LEAST_RATE, rate(uses, i, nowSeconds)));
                uses.counts[i] = left;
            }
            uses.counts[i]++;
        }
        uses.lastSeconds = nowSeconds;
        if (!first) {
            weigh();
        }
    }

    /** Counts the seconds since the last use of anything; of a pause longer than a week, a week. */
    private void pass(double nowSeconds) {
        lastSeconds = Math.max(lastSeconds, nowSeconds - DAYS_HALF_LIFE_SECONDS);
        while (lastSeconds < nowSeconds) {
            double end = Math.min(nowSeconds, (Math.floor(lastSeconds / HOUR_SECONDS) + 1) * HOUR_SECONDS);
            hourSeconds[hour(lastSeconds)] += end - lastSeconds;
            if (hour(end) != hour(lastSeconds)) {
                double kept = exp2(-HOUR_SECONDS / DAYS_HALF_LIFE_SECONDS);
                for (int i = 0; i < HOURS; i++) {
                    hourSeconds[i] *= kept;
                }
            }
            lastSeconds = end;
        }
    }

    /** Uses within one hour alone are in the memories. */
    private static void noteHour(Uses uses, double nowSeconds) {
        int before = hour(uses.lastSeconds);
        int now = hour(nowSeconds);
        float[] hours = uses.hours;
        if (hours == null) {
            if (before == now) {
                return;
            }
            hours = new float[HOURS];
            hours[before] = (float) uses.counts[MEMORIES - 1];
            uses.hours = hours;
        }
        if (before != now) {
            double kept = exp2(-(nowSeconds - uses.lastSeconds) / DAYS_HALF_LIFE_SECONDS);
            for (int i = 0; i < HOURS; i++) {
                hours[i] *= (float) kept;
            }
        }
        hours[now]++;
    }

    /** Uses that the hours of the day expected since the last one, of a day at most. */
    private double hoursExpect(Uses uses, double nowSeconds) {
        double from = Math.max(uses.lastSeconds, nowSeconds - DAY_SECONDS);
        double expected = 0;
        for (double at = from; at < nowSeconds; ) {
            double end = Math.min(nowSeconds, (Math.floor(at / HOUR_SECONDS) + 1) * HOUR_SECONDS);
            expected += (end - at) * hourRate(uses, at, end);
            at = end;
        }
        return expected;
    }

    /** The rate at this hour of the day, where the longest memory has come down to what it is at another time. */
    private double hourRate(Uses uses, double atSeconds, double memorySeconds) {
        double prior = rate(uses, MEMORIES - 1, memorySeconds);
        float[] hours = uses.hours;
        if (hours == null) {
            return prior;
        }
        int hour = hour(atSeconds);
        return (hours[hour] + prior * PRIOR_SECONDS) / (hourSeconds[hour] + PRIOR_SECONDS);
    }

    private static int hour(double seconds) {
        return Math.floorMod((long) Math.floor(seconds / HOUR_SECONDS), HOURS);
    }

    /** Uses a second that are to be expected. */
    public double perSecond(Uses uses, double nowSeconds) {
        if (uses.isEmpty()) {
            return 0;
        }
        double rate = weights[MEMORIES]
                * (hourRate(uses, nowSeconds, nowSeconds) + hourRate(uses, nowSeconds + AHEAD_SECONDS, nowSeconds))
                / 2;
        for (int i = 0; i < MEMORIES; i++) {
            rate += weights[i] * rate(uses, i, nowSeconds);
        }
        return rate;
    }

    private double rate(Uses uses, int memory, double nowSeconds) {
        double left = uses.counts[memory] * exp2(-(nowSeconds - uses.lastSeconds) / HALF_LIFE_SECONDS[memory]);
        return left * LN_2 / HALF_LIFE_SECONDS[memory] / share(memory, nowSeconds);
    }

    /** How much of all that a memory would reach back to there has been yet; a second of it at least. */
    private double share(int memory, double nowSeconds) {
        return 1 - exp2(-Math.max(1, nowSeconds - beginSeconds) / HALF_LIFE_SECONDS[memory]);
    }

    private void weigh() {
        double least = Double.POSITIVE_INFINITY;
        for (double loss : losses) {
            least = Math.min(least, loss);
        }
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            weights[i] = Math.exp(least - losses[i]);
            sum += weights[i];
        }
        for (int i = 0; i < weights.length; i++) {
            weights[i] /= sum;
        }
    }

    private static double exp2(double exponent) {
        return Math.exp(exponent * LN_2);
    }
}
