package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.PoolAverages.UsageReport;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Predicted against delivered: how much of what the index promised came from each endpoint's cache. Safe for concurrent use. */
public final class PredictionAccuracy {
    /** Responses that promised much and said nothing of cached tokens, after which the endpoint is known not to report them. */
    private static final int SILENT_ANSWERS = 20;

    /** Less than this promised may honestly be reported as nothing, which older engines leave out. */
    private static final long CLEARLY_PROMISED_TOKENS = 1024;

    private final ConcurrentHashMap<EndpointId, Counts> byEndpoint = new ConcurrentHashMap<>();
    private final LongAdder predicted = new LongAdder();
    private final LongAdder delivered = new LongAdder();

    /**
     * What one endpoint has delivered so far.
     *
     * @param responses those whose usage said how many tokens were cached
     * @param predictedTokens tokens that were predicted to be cached for those
     * @param deliveredTokens tokens that were
     * @param silence what it has clearly shown that it does not report
     */
    public record Total(long responses, long predictedTokens, long deliveredTokens, Silence silence) {}

    /** What the responses of an endpoint leave out. */
    public enum Silence {
        /** Nothing, or nothing as yet. */
        NONE,
        /** How many tokens were cached. */
        CACHED_TOKENS,
        /** Any usage, as streams do whose clients do not ask for it. */
        USAGE
    }

    void record(RoutingDecision decision, UsageReport usage) {
        Counts counts = byEndpoint.computeIfAbsent(decision.endpoint().id(), id -> new Counts());
        Long cached = usage.cachedTokens();
        if (cached != null) {
            long promised = Math.min(decision.matchedTokens(), usage.promptTokens());
            counts.responses.increment();
            counts.predicted.add(promised);
            counts.delivered.add(cached);
            predicted.add(promised);
            delivered.add(cached);
        } else if (isClearlyPromised(decision)) {
            counts.withoutCachedTokens.increment();
        }
    }

    /** The endpoint has sent a response and reported nothing. */
    void unreported(RoutingDecision decision) {
        if (isClearlyPromised(decision)) {
            byEndpoint
                    .computeIfAbsent(decision.endpoint().id(), id -> new Counts())
                    .withoutUsage
                    .increment();
        }
    }

    private static boolean isClearlyPromised(RoutingDecision decision) {
        return decision.matchedTokens() >= CLEARLY_PROMISED_TOKENS;
    }

    void retire(EndpointId endpoint) {
        byEndpoint.remove(endpoint);
    }

    /** Tokens predicted to be cached, at all endpoints there have been. */
    public long predictedTokens() {
        return predicted.sum();
    }

    /** Tokens that were, at all endpoints there have been. */
    public long deliveredTokens() {
        return delivered.sum();
    }

    /** The totals of an endpoint; zeros before its first response. */
    public Total total(EndpointId endpoint) {
        Counts counts = byEndpoint.get(endpoint);
        if (counts == null) {
            return new Total(0, 0, 0, Silence.NONE);
        }
        long responses = counts.responses.sum();
        return new Total(
                responses,
                counts.predicted.sum(),
                counts.delivered.sum(),
                responses > 0 ? Silence.NONE : counts.silence());
    }

    private static final class Counts {
        private final LongAdder responses = new LongAdder();
        private final LongAdder predicted = new LongAdder();
        private final LongAdder delivered = new LongAdder();
        private final LongAdder withoutCachedTokens = new LongAdder();
        private final LongAdder withoutUsage = new LongAdder();

        Silence silence() {
            long usages = withoutCachedTokens.sum();
            if (usages + withoutUsage.sum() < SILENT_ANSWERS) {
                return Silence.NONE;
            }
            return usages > 0 ? Silence.CACHED_TOKENS : Silence.USAGE;
        }
    }
}
