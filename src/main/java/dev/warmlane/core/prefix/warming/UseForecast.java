package dev.warmlane.core.prefix.warming;

/**
 * How often something will be used soon, by several memories at a time. Each memory is a rate that forgets with a half-life of
 * its own; how much each counts is learned from how well it has foretold the times between uses, of everything that is
 * forecast: a change of traffic shows in the short ones first, and rare uses are only in the long ones.
 *
 * <p>Weights are those of the exponentially weighted average forecaster under logarithmic loss, with a slow fading of old losses
 * (Cesa-Bianchi and Lugosi, Prediction, Learning, and Games, 2006, chapters 2 and 9; Herbster and Warmuth 1998 for
 * the fading). A memory's loss at a use is the negative logarithm of the likelihood that its rate, falling since the use before,
 * gave that time: the uses that it expected in between, less the logarithm of the rate that it had come down to.
 * Not safe for concurrent use.
 */
public final class UseForecast {
    private static final double[] HALF_LIFE_SECONDS = {30, 120, 600, 3600};
    private static final int MEMORIES = HALF_LIFE_SECONDS.length;
    private static final double FADING = 0.999;
    private static final double LEAST_RATE = 1.0 / 86_400;
    private static final double LN_2 = Math.log(2);

    private final double[] losses = new double[MEMORIES];
    private final double[] weights = new double[MEMORIES];

    private double beginSeconds = Double.NaN;

    /** All memories count alike until they have foretold something. */
    public UseForecast() {
        weigh();
    }

    /** What the memories keep of one thing that is used. */
    public static final class Uses {
        private final double[] counts = new double[MEMORIES];
        private double lastSeconds;

        /** Whether it was never used. */
        public boolean isEmpty() {
            return counts[0] == 0;
        }
    }

    /** It is used now, in seconds that never fall; the memories learn from when the last time was. */
    public void used(Uses uses, double nowSeconds) {
        if (Double.isNaN(beginSeconds)) {
            beginSeconds = nowSeconds;
        }
        boolean first = uses.isEmpty();
        double since = nowSeconds - uses.lastSeconds;
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

    /** Uses a second that are to be expected. */
    public double perSecond(Uses uses, double nowSeconds) {
        if (uses.isEmpty()) {
            return 0;
        }
        double rate = 0;
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
        for (int i = 0; i < MEMORIES; i++) {
            weights[i] = Math.exp(least - losses[i]);
            sum += weights[i];
        }
        for (int i = 0; i < MEMORIES; i++) {
            weights[i] /= sum;
        }
    }

    private static double exp2(double exponent) {
        return Math.exp(exponent * LN_2);
    }
}
