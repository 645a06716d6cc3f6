package dev.warmlane.ops.dashboard;

import dev.warmlane.engines.pool.Pool;
import dev.warmlane.ops.actuator.VllmEndpoint.VllmStatus.PoolStatus;
import dev.warmlane.ops.dashboard.PoolSum.TtftBuckets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a pool when it is judged.
 *
 * @param status its endpoints as they are now
 * @param lastMinute its sums over the last minute, or since the start
 * @param hitRatioOfDay the hit ratio over the last day; NaN where there is none
 * @param addresses client addresses bound to its endpoints
 * @param expiringBundles SSL bundles of the process with a certificate that expires soon
 * @param pool what else is asked
 */
record PoolView(
        PoolStatus status,
        RecentSums lastMinute,
        float hitRatioOfDay,
        long addresses,
        List<String> expiringBundles,
        Pool pool) {
    private static final List<Figure> FIGURES = PoolSum.figures();

    /** How much a sum grew over the last minute. */
    double grown(PoolSum sum) {
        return lastMinute.newest()[sum.index()] - lastMinute.oldest()[sum.index()];
    }

    /** Streamed responses that began in the last minute. */
    double streams() {
        int all = PoolSum.bucket(TtftBuckets.COUNT - 1);
        return lastMinute.newest()[all] - lastMinute.oldest()[all];
    }

    /** A figure over the last minute; NaN where there is nothing to say. */
    float figure(String name) {
        for (Figure figure : FIGURES) {
            if (figure.name().equals(name)) {
                return figure.over(lastMinute.oldest(), lastMinute.newest());
            }
        }
        throw new IllegalArgumentException("figure: %s (expected: one of a pool)".formatted(name));
    }

    /** All figures over the last minute, null where there is nothing to say. */
    Map<String, @Nullable Float> figures() {
        Map<String, @Nullable Float> figures = new LinkedHashMap<>();
        for (Figure figure : FIGURES) {
            float value = figure.over(lastMinute.oldest(), lastMinute.newest());
            figures.put(figure.name(), Float.isNaN(value) ? null : value);
        }
        return figures;
    }

    /**
     * The hit ratio of a day's history, each step weighed by its prompt tokens: a quiet night says less than a busy hour. From 0 to
     * 1; NaN where there is none.
     */
    static float hitRatioOfDay(@Nullable Map<String, float[]> day) {
        if (day == null) {
            return Float.NaN;
        }
        float[] ratios = day.getOrDefault("hitRatio", new float[0]);
        float[] tokens = day.getOrDefault("promptTokensPerSecond", new float[0]);
        double hits = 0;
        double all = 0;
        for (int i = 0; i < Math.min(ratios.length, tokens.length); i++) {
            if (!Float.isNaN(ratios[i]) && !Float.isNaN(tokens[i])) {
                hits += (double) ratios[i] * tokens[i];
                all += tokens[i];
            }
        }
        return (float) (hits / all);
    }

    /** The sums of the last samples, so that figures can be given over the time they span. For one thread. */
    static final class RecentSums {
        private final int samples;
        private final Deque<double[]> ring = new ArrayDeque<>();

        /** @param samples how many intervals between samples are spanned, at least 1 */
        RecentSums(int samples) {
            this.samples = samples;
        }

        void add(double[] sums) {
            ring.addLast(sums);
            if (ring.size() > samples + 1) {
                ring.removeFirst();
            }
        }

        /** The oldest sums kept; at least one sample must have been added. */
        double[] oldest() {
            return ring.getFirst();
        }

        double[] newest() {
            return ring.getLast();
        }
    }
}
