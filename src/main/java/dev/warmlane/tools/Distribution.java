package dev.warmlane.tools;

import java.util.Arrays;

/**
 * Mean and percentiles of a measure; all 0 if nothing was measured. A percentile is the smallest value that this share of
 * all values does not exceed.
 */
public record Distribution(double mean, double p50, double p90, double p99) {

    /** @param values in any order; sorted by this */
    public static Distribution of(double[] values) {
        if (values.length == 0) {
            return new Distribution(0, 0, 0, 0);
        }
        Arrays.sort(values);
        double mean = Arrays.stream(values).sum() / values.length;
        return new Distribution(mean, percentile(values, 0.5), percentile(values, 0.9), percentile(values, 0.99));
    }

    private static double percentile(double[] sorted, double share) {
        return sorted[(int) Math.ceil(share * sorted.length) - 1];
    }
}
