package dev.warmlane.ops.dashboard;

import java.util.List;

/** A number for an interval, from the sums at its two ends. Immutable. */
public sealed interface Figure {

    /** What it is called in JSON. */
    String name();

    /**
     * Its value for an interval; NaN where nothing happened, or where a sum went back because its source started anew.
     *
     * @param earlier the sums at the start
     * @param later the sums at the end
     */
    float over(double[] earlier, double[] later);

    /**
     * One sum by another: a share, a mean, or a rate where the denominator counts seconds.
     *
     * @param numerator the index of the sum above the line
     * @param denominator the index of the sum below it
     */
    record Ratio(String name, int numerator, int denominator) implements Figure {
        @Override
        public float over(double[] earlier, double[] later) {
            double below = later[denominator] - earlier[denominator];
            double above = later[numerator] - earlier[numerator];
            return below > 0 && above >= 0 ? (float) (above / below) : Float.NaN;
        }
    }

    /**
     * A quantile of a histogram, whose cumulative buckets lie next to each other. Interpolated within its bucket, as Prometheus'
     * {@code histogram_quantile} does it; what lies above the highest bound is given as that bound.
     *
     * @param quantile from 0 to 1
     * @param firstBucket the index of the lowest bucket's sum; a last one without bound follows the others
     * @param bounds upper bounds of the buckets, ascending
     */
    record Quantile(String name, double quantile, int firstBucket, List<Double> bounds) implements Figure {
        public Quantile {
            bounds = List.copyOf(bounds);
        }

        @Override
        public float over(double[] earlier, double[] later) {
            double total = difference(earlier, later, bounds.size());
            if (!(total > 0)) {
                return Float.NaN;
            }
            double rank = quantile * total;
            double below = 0;
            for (int i = 0; i < bounds.size(); i++) {
                double upTo = difference(earlier, later, i);
                if (upTo >= rank && upTo > below) {
                    double lower = i == 0 ? 0 : bounds.get(i - 1);
                    return (float) (lower + (bounds.get(i) - lower) * (rank - below) / (upTo - below));
                }
                below = Math.max(below, upTo);
            }
            return bounds.get(bounds.size() - 1).floatValue();
        }

        private double difference(double[] earlier, double[] later, int bucket) {
            return later[firstBucket + bucket] - earlier[firstBucket + bucket];
        }
    }
}
