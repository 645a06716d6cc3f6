package dev.warmlane.core.prefix.reuse;

import dev.warmlane.core.prefix.reuse.CacheUseReport.HitRatioCurve;
import dev.warmlane.core.prefix.reuse.ToldUse.Sent;
import org.jspecify.annotations.Nullable;

/**
 * Sums that fade with time: what lies one time constant back, such as an hour, counts for a third. Not thread-safe.
 *
 * <p>Implementation notes: instead of old tokens becoming lighter, new ones become heavier, and all are scaled down now and
 * then.
 */
final class UseWindow {
    private static final double HEAVY = 1e9;
    private static final long WEIGHED_EACH_NANOS = 1_000_000_000;

    // Places in the sums.
    private static final int REQUESTS = 0;
    private static final int PROMPT = 1;
    private static final int BLOCKS = 2;
    private static final int COMPLETED = 3;
    private static final int PREDICTED = 4;
    private static final int DELIVERED = 5;
    private static final int TURNS = 6;

    /** Of blocks, wherever they were used. */
    final Distances one = new Distances();

    /** Of blocks at the endpoints that they go to. */
    final Distances split = new Distances();

    private final double decayNanos;
    private final double[] sums = new double[TURNS + 1];
    private final double[] differences = new double[Sent.COMPARED_BLOCKS.length];
    private long sinceNanos;
    private long firstNanos;
    private long weighedNanos;
    private boolean started;
    private double weight = 1;

    // As of the last request; null: to be made from the sums.
    private @Nullable HitRatioCurve oneCurve;
    private @Nullable HitRatioCurve splitCurve;

    UseWindow(double decaySeconds) {
        this.decayNanos = decaySeconds * 1e9;
    }

    /**
     * A request comes; the distances of its blocks follow before the next report.
     *
     * @param prompt tokens of its prompt
     * @param blocks those of its blocks that could be hits
     */
    void request(double prompt, double blocks, long nanos) {
        at(nanos);
        oneCurve = null;
        splitCurve = null;
        add(REQUESTS, 1);
        add(PROMPT, prompt);
        add(BLOCKS, blocks);
    }

    /** What is added now counts so much. */
    double weight() {
        return weight;
    }

    /**
     * The last request was compared with the one before it in its session.
     *
     * @param difference the first of {@link Sent#COMPARED_BLOCKS} that is another one; -1: none
     */
    void turn(int difference) {
        add(TURNS, 1);
        if (difference >= 0) {
            differences[difference] += weight;
        }
    }

    /** A response says how much of its prompt was cached. */
    void completed(long prompt, long predicted, long delivered, long nanos) {
        at(nanos);
        add(COMPLETED, (double) prompt);
        add(PREDICTED, (double) predicted);
        add(DELIVERED, (double) delivered);
    }

    /** @param nowNanos at least the time of what came last */
    CacheUseReport report(long nowNanos, double capacityTokens, double trafficShare) {
        double fade = started ? Math.exp((sinceNanos - nowNanos) / decayNanos) : 0;
        double seconds = -decayNanos / 1e9 * Math.expm1((firstNanos - nowNanos) / decayNanos);
        int often = 0;
        for (int i = 1; i < differences.length; i++) {
            often = differences[i] > differences[often] ? i : often;
        }
        // Time alone does not change them: all tokens fade alike.
        oneCurve = oneCurve != null ? oneCurve : one.curve(sum(BLOCKS), sum(PROMPT));
        splitCurve = splitCurve != null ? splitCurve : split.curve(sum(BLOCKS), sum(PROMPT));
        return new CacheUseReport(
                oneCurve,
                splitCurve,
                capacityTokens,
                trafficShare,
                sum(REQUESTS) * fade,
                started && seconds > 0 ? sum(PROMPT) * fade / seconds : 0,
                Math.round(sum(COMPLETED) * fade),
                Math.round(sum(PREDICTED) * fade),
                Math.round(sum(DELIVERED) * fade),
                Math.round(sum(TURNS) * fade),
                Sent.COMPARED_BLOCKS[often],
                ratio(differences[often], sum(TURNS)));
    }

    private void at(long nanos) {
        if (!started) {
            started = true;
            sinceNanos = nanos;
            firstNanos = nanos;
            weighedNanos = nanos;
        }
        if (nanos - weighedNanos < WEIGHED_EACH_NANOS) {
            return;
        }
        weighedNanos = nanos;
        weight = Math.exp((nanos - sinceNanos) / decayNanos);
        if (weight > HEAVY) {
            one.scale(weight);
            split.scale(weight);
            scale(sums);
            scale(differences);
            sinceNanos = nanos;
            weight = 1;
        }
    }

    private void scale(double[] all) {
        for (int i = 0; i < all.length; i++) {
            all[i] /= weight;
        }
    }

    private void add(int sum, double amount) {
        sums[sum] += weight * amount;
    }

    private double sum(int sum) {
        return sums[sum];
    }

    private static double ratio(double part, double whole) {
        return whole == 0 ? 0 : part / whole;
    }

    /**
     * Prompt tokens by how much cache it takes that they are hits, in the buckets of a {@link HitRatioCurve}. Not thread-safe.
     */
    static final class Distances {
        private final double[] hits = new double[HitRatioCurve.BUCKETS];
        private double sampled;
        private double far;

        /** A sample that stands for so many tokens, whatever becomes of it. */
        void sampled(double tokens) {
            sampled += tokens;
        }

        /** Those are hits in a cache that holds more tokens than this. */
        void hit(double distance, double tokens) {
            hits[HitRatioCurve.bucket(distance)] += tokens;
        }

        /** Those have come before, so long ago that nothing is known of the distance. */
        void far(double tokens) {
            far += tokens;
        }

        /**
         * What a cache hits, by its size.
         *
         * @param blockTokens of all blocks that could have been hits
         * @param promptTokens all there are
         */
        HitRatioCurve curve(double blockTokens, double promptTokens) {
            double[] ratios = new double[HitRatioCurve.BUCKETS + 1];
            // Blocks that come very often are in the sample or they are not: what is missing, or too much, are short
            // distances.
            double tokens = blockTokens - sampled;
            for (int i = 0; i < HitRatioCurve.BUCKETS; i++) {
                ratios[i] = ratio(tokens, promptTokens);
                tokens += hits[i];
            }
            ratios[HitRatioCurve.BUCKETS] = ratio(tokens, promptTokens);
            return new HitRatioCurve(ratios, ratio(tokens + far, promptTokens));
        }

        void scale(double down) {
            for (int i = 0; i < HitRatioCurve.BUCKETS; i++) {
                hits[i] /= down;
            }
            sampled /= down;
            far /= down;
        }

        private static double ratio(double part, double whole) {
            return whole == 0 ? 0 : Math.max(0, Math.min(1, part / whole));
        }
    }
}
