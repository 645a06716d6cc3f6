package dev.warmlane.core.prefix.reuse;

/** What share of all prompt tokens caches would hit, by its size. Immutable. */
public final class HitRatioCurve {
    private final double[] ratios;
    private final double infinite;

    /** @param ratios at the beginning of each bucket of a {@link Distances}, and behind the last */
    HitRatioCurve(double[] ratios, double infinite) {
        this.ratios = ratios;
        this.infinite = infinite;
    }

    /** The hit ratio of a cache that holds so many tokens, in [0, 1]. */
    public double hitRatio(double tokens) {
        if (tokens < 1) {
            return 0;
        }
        int bucket = Distances.bucket(tokens);
        double from = Distances.from(bucket);
        double part = Math.min(1, (tokens - from) / (Distances.from(bucket + 1) - from));
        return ratios[bucket] + part * (ratios[bucket + 1] - ratios[bucket]);
    }

    /** That of a cache that forgets nothing. */
    public double infiniteHitRatio() {
        return infinite;
    }
}
