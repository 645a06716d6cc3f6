package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.PoolAverages.UsageReport;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * What became of the requests that this gateway sent to each endpoint since it came, and the prediction accuracy: how much of what was
 * predicted to be cached came from there. Safe for concurrent use.
 */
public final class EndpointTallies {
    private static final int BUCKETS = 32;
    private static final double LOWEST_SECONDS = 0.002;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double[] BOUNDS = bounds();

    /** Less than this predicted may honestly be reported as nothing, which older engines leave out. */
    private static final long CLEARLY_PREDICTED_TOKENS = 1024;

    private static final Tally NOTHING = new Tally();

    private final ConcurrentHashMap<EndpointId, Tally> byEndpoint = new ConcurrentHashMap<>();
    private final LongAdder predictedTokens = new LongAdder();
    private final LongAdder deliveredTokens = new LongAdder();

    /** What the responses of an endpoint leave out. */
    public enum Silence {
        /** Nothing, or nothing as yet. */
        NONE,
        /** How many tokens were cached. */
        CACHED_TOKENS,
        /** Any usage, as streams do whose clients do not ask for it. */
        USAGE
    }

    /** Upper bounds of the buckets of the time to the first token, in seconds, ascending: from 2 ms to 90 s. */
    public static double[] boundsSeconds() {
        return BOUNDS.clone();
    }

    /** The tally of an endpoint, which goes on counting; an empty one where nothing was sent there. */
    public Tally of(EndpointId endpoint) {
        return byEndpoint.getOrDefault(endpoint, NOTHING);
    }

    /** Tokens predicted to be cached, at all endpoints there have been, over the responses that said how many were. */
    public long predictedTokens() {
        return predictedTokens.sum();
    }

    /** Tokens that were cached, over the same responses. */
    public long deliveredTokens() {
        return deliveredTokens.sum();
    }

    Tally opened(EndpointId endpoint) {
        return byEndpoint.computeIfAbsent(endpoint, id -> new Tally());
    }

    /** The response is complete, with this usage. */
    void delivered(RoutingDecision decision, UsageReport usage) {
        Tally tally = opened(decision.endpoint().id());
        tally.reported(usage.promptTokens());
        Long cached = usage.cachedTokens();
        if (cached != null) {
            long predicted = decision.predictedTokens(usage);
            predictedTokens.add(predicted);
            deliveredTokens.add(cached);
            tally.delivered(usage.promptTokens(), predicted, cached);
        } else if (isClearlyPredicted(decision)) {
            tally.withoutCachedTokens.increment();
        }
    }

    /** The response is complete and says nothing of its usage. */
    void unreported(RoutingDecision decision) {
        if (isClearlyPredicted(decision)) {
            opened(decision.endpoint().id()).withoutUsage.increment();
        }
    }

    private static boolean isClearlyPredicted(RoutingDecision decision) {
        return decision.matchedTokens() >= CLEARLY_PREDICTED_TOKENS;
    }

    void retire(EndpointId endpoint) {
        byEndpoint.remove(endpoint);
    }

    private static double[] bounds() {
        double[] bounds = new double[BUCKETS];
        for (int i = 0; i < BUCKETS; i++) {
            bounds[i] = LOWEST_SECONDS * Math.pow(2, i / 2.0);
        }
        return bounds;
    }

    /** The counts of one endpoint, all of which only grow. */
    public static final class Tally {
        /** Responses that were predicted much and said nothing of cached tokens, after which the endpoint is known not to report them. */
        private static final int SILENT_RESPONSES = 20;

        private final LongAdder movedOn = new LongAdder();
        private final LongAdder errors = new LongAdder();
        private final LongAdder restarts = new LongAdder();
        private final LongAdder reports = new LongAdder();
        private final LongAdder reportedTokens = new LongAdder();
        private final LongAdder responses = new LongAdder();
        private final LongAdder promptTokens = new LongAdder();
        private final LongAdder predictedTokens = new LongAdder();
        private final LongAdder cachedTokens = new LongAdder();
        private final LongAdder withoutCachedTokens = new LongAdder();
        private final LongAdder withoutUsage = new LongAdder();
        private final AtomicLongArray firstTokens = new AtomicLongArray(BUCKETS + 1);

        /** Requests that it did not take, which may have gone to another. */
        public long movedOn() {
            return movedOn.sum();
        }

        /** Requests that it failed, those that moved on included: no response, a 5xx, or one that broke off. */
        public long errors() {
            return errors.sum();
        }

        /** How often its process was found to be another one, with an empty cache. */
        public long restarts() {
            return restarts.sum();
        }

        /** Responses that said how many tokens their prompts had. */
        public long reports() {
            return reports.sum();
        }

        /** Prompt tokens of those responses. */
        public long reportedTokens() {
            return reportedTokens.sum();
        }

        /** Responses that said how many tokens of their prompts were cached. */
        public long responses() {
            return responses.sum();
        }

        /** Prompt tokens of those responses. */
        public long promptTokens() {
            return promptTokens.sum();
        }

        /** Of the prompt tokens, those that were predicted to come from the cache. */
        public long predictedTokens() {
            return predictedTokens.sum();
        }

        /** Of the prompt tokens, those that came from the cache. */
        public long cachedTokens() {
            return cachedTokens.sum();
        }

        /** What it has clearly shown that it does not report. */
        public Silence silence() {
            long usages = withoutCachedTokens.sum();
            if (responses() > 0 || usages + withoutUsage.sum() < SILENT_RESPONSES) {
                return Silence.NONE;
            }
            return usages > 0 ? Silence.CACHED_TOKENS : Silence.USAGE;
        }

        /** Streams by the time from their dispatch to their first token, up to each bound; in the end all of them. */
        public long[] firstTokens() {
            long[] upTo = new long[BUCKETS + 1];
            long sum = 0;
            for (int i = 0; i <= BUCKETS; i++) {
                sum += firstTokens.get(i);
                upTo[i] = sum;
            }
            return upTo;
        }

        void moveOn() {
            movedOn.increment();
        }

        void error() {
            errors.increment();
        }

        void restart() {
            restarts.increment();
        }

        void firstToken(long nanos) {
            int found = Arrays.binarySearch(BOUNDS, nanos / NANOS_PER_SECOND);
            firstTokens.incrementAndGet(found < 0 ? -found - 1 : found);
        }

        private void reported(long prompt) {
            if (prompt > 0) {
                reports.increment();
                reportedTokens.add(prompt);
            }
        }

        private void delivered(long prompt, long predicted, long cached) {
            responses.increment();
            promptTokens.add(prompt);
            predictedTokens.add(predicted);
            cachedTokens.add(cached);
        }
    }
}
