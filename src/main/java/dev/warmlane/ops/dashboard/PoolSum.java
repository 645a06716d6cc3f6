package dev.warmlane.ops.dashboard;

import dev.warmlane.metrics.RequestMeter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What is added up of a pool, and the figures that follow from it. The buckets of the time to the first token come last. */
enum PoolSum {
    SECONDS,
    SAMPLES,
    REQUESTS,
    FAILED,
    REJECTED,
    UNRETRIED,
    REPORTED_PROMPTS,
    TOKENS_OF_REPORTED_PROMPTS,
    PROMPT_TOKENS,
    OUTPUT_TOKENS,
    /** In which an engine has said how many tokens it has processed. */
    TOKEN_SECONDS,
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
                new Figure.Ratio("promptTokensPerSecond", PROMPT_TOKENS.index(), TOKEN_SECONDS.index()),
                new Figure.Ratio("outputTokensPerSecond", OUTPUT_TOKENS.index(), TOKEN_SECONDS.index()),
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

    /**
     * Reads the histogram of the time to the first token that the gateway keeps of a pool. Reading is not atomic: of a stream that
     * is being recorded the count knows before its bucket does, which looks like one above the highest bound. So what is above it
     * counts only when several readings in a row have seen it. For one thread.
     */
    static final class TtftBuckets {
        /** At one reading in thousands a stream is between count and bucket. */
        private static final int READINGS = 3;

        private static final double[] BOUNDS = RequestMeter.TTFT.bucketSeconds();

        /** The buckets, with the one that has no bound. */
        static final int COUNT = BOUNDS.length + 1;

        private final Counters meters;
        private final String pool;
        private final Deque<Double> above = new ArrayDeque<>();
        private @Nullable Timer timer;

        TtftBuckets(Counters meters, String pool) {
            this.meters = meters;
            this.pool = pool;
        }

        static List<Double> bounds() {
            return Arrays.stream(BOUNDS).boxed().toList();
        }

        /** Puts the cumulative counts into the sums. */
        void read(double[] sums) {
            if (timer == null) {
                timer = meters.timer(RequestMeter.TTFT, pool);
            }
            if (timer == null) {
                return;
            }
            HistogramSnapshot snapshot = timer.takeSnapshot();
            CountAtBucket[] counts = snapshot.histogramCounts();
            if (counts.length == 0) {
                return;
            }
            int next = 0;
            double upTo = 0;
            for (int i = 0; i < BOUNDS.length; i++) {
                while (next < counts.length && counts[next].bucket(TimeUnit.SECONDS) <= BOUNDS[i] * 1.000001) {
                    upTo = counts[next++].count();
                }
                sums[PoolSum.bucket(i)] = upTo;
            }
            above.addLast(snapshot.count() - upTo);
            if (above.size() > READINGS) {
                above.removeFirst();
            }
            sums[PoolSum.bucket(BOUNDS.length)] = upTo + Math.max(0, Collections.min(above));
        }
    }
}
