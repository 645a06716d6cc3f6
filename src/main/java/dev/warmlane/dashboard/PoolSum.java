package dev.warmlane.dashboard;

import dev.warmlane.history.Figure;
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
    SESSION_REQUESTS,
    SESSION_REQUESTS_THAT_STAYED,
    QUERIED_TOKENS,
    HIT_TOKENS,
    IN_FLIGHT,
    QUEUED,
    IMBALANCE;

    private static final int FIRST_BUCKET = values().length;

    /** The number of sums. */
    static final int COUNT = FIRST_BUCKET + TtftBuckets.COUNT;

    /** The index of a bucket of the time to the first token. */
    static int bucket(int bucket) {
        return FIRST_BUCKET + bucket;
    }

    static List<Figure> figures() {
        List<Figure> figures = new ArrayList<>(List.of(
                new Figure.Ratio("hitRatio", HIT_TOKENS.ordinal(), QUERIED_TOKENS.ordinal()),
                new Figure.Ratio("stickiness", SESSION_REQUESTS_THAT_STAYED.ordinal(), SESSION_REQUESTS.ordinal()),
                new Figure.Ratio("requestsPerSecond", REQUESTS.ordinal(), SECONDS.ordinal()),
                new Figure.Ratio("promptTokensPerSecond", PROMPT_TOKENS.ordinal(), SECONDS.ordinal()),
                new Figure.Ratio("outputTokensPerSecond", OUTPUT_TOKENS.ordinal(), SECONDS.ordinal()),
                new Figure.Ratio("failedShare", FAILED.ordinal(), REQUESTS.ordinal()),
                new Figure.Ratio("rejectedShare", REJECTED.ordinal(), REQUESTS.ordinal()),
                new Figure.Ratio("deliveredShare", DELIVERED_TOKENS.ordinal(), PREDICTED_TOKENS.ordinal()),
                new Figure.Ratio("inFlight", IN_FLIGHT.ordinal(), SAMPLES.ordinal()),
                new Figure.Ratio("queued", QUEUED.ordinal(), SAMPLES.ordinal()),
                new Figure.Ratio("imbalance", IMBALANCE.ordinal(), SAMPLES.ordinal())));
        for (double quantile : new double[] {0.5, 0.9, 0.99}) {
            figures.add(new Figure.Quantile(
                    "ttftP" + Math.round(quantile * 100), quantile, FIRST_BUCKET, TtftBuckets.bounds()));
        }
        return figures;
    }
}
