package dev.warmlane.ops.dashboard;

import dev.warmlane.ops.history.Figure;
import java.util.ArrayList;
import java.util.List;

/** What is added up of a pool, and the figures that follow from it. The buckets of the time to the first token come last. */
enum PoolSum {
    SECONDS,
    SAMPLES,
    REQUESTS,
    FAILED,
    REJECTED,
    UNRETRIED,
    PROMPT_TOKENS,
    OUTPUT_TOKENS,
    PREDICTED_TOKENS,
    DELIVERED_TOKENS,
    DECISIONS,
    DECISIONS_BY_SESSION,
    DECISIONS_BY_ADDRESS,
    SESSION_REQUESTS,
    SESSION_REQUESTS_THAT_STAYED,
    MOVES_LOSING_HITS,
    QUERIED_TOKENS,
    HIT_TOKENS,
    IN_FLIGHT,
    MOST_IN_FLIGHT,
    QUEUED,
    IMBALANCE_SAMPLES,
    IMBALANCE,
    PROMPT_TOKEN_IMBALANCE;

    private static final int FIRST_BUCKET = values().length;

    /** The number of sums. */
    static final int COUNT = FIRST_BUCKET + TtftBuckets.COUNT;

    /** The index of a bucket of the time to the first token. */
    static int bucket(int bucket) {
        return FIRST_BUCKET + bucket;
    }

    /** Where it is among the sums. */
    @SuppressWarnings("EnumOrdinal") // The order is that of the sums and is kept nowhere.
    int index() {
        return ordinal();
    }

    static List<Figure> figures() {
        List<Figure> figures = new ArrayList<>(List.of(
                new Figure.Ratio("hitRatio", HIT_TOKENS.index(), QUERIED_TOKENS.index()),
                new Figure.Ratio("stickiness", SESSION_REQUESTS_THAT_STAYED.index(), SESSION_REQUESTS.index()),
                new Figure.Ratio("losingHits", MOVES_LOSING_HITS.index(), SESSION_REQUESTS.index()),
                new Figure.Ratio("requestsPerSecond", REQUESTS.index(), SECONDS.index()),
                new Figure.Ratio("promptTokensPerSecond", PROMPT_TOKENS.index(), SECONDS.index()),
                new Figure.Ratio("outputTokensPerSecond", OUTPUT_TOKENS.index(), SECONDS.index()),
                new Figure.Ratio("failedShare", FAILED.index(), REQUESTS.index()),
                new Figure.Ratio("rejectedShare", REJECTED.index(), REQUESTS.index()),
                new Figure.Ratio("deliveredShare", DELIVERED_TOKENS.index(), PREDICTED_TOKENS.index()),
                new Figure.Ratio("inFlight", IN_FLIGHT.index(), SAMPLES.index()),
                new Figure.Ratio("queued", QUEUED.index(), SAMPLES.index()),
                new Figure.Ratio("imbalance", IMBALANCE.index(), IMBALANCE_SAMPLES.index()),
                new Figure.Ratio("promptTokenImbalance", PROMPT_TOKEN_IMBALANCE.index(), IMBALANCE_SAMPLES.index())));
        for (double quantile : new double[] {0.5, 0.9, 0.99}) {
            figures.add(new Figure.Quantile(
                    "ttftP" + Math.round(quantile * 100), quantile, FIRST_BUCKET, TtftBuckets.bounds()));
        }
        return figures;
    }
}
