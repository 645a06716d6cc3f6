package dev.warmlane.core.prefix.reuse;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What other numbers of endpoints and other sizes of their caches would bring. Immutable.
 *
 * <p>With more tokens at each endpoint, hits follow the curve of the endpoints' own caches as requests are routed. What these lose
 * against one cache of their size together is mostly due to some of them having more to hold than others. The more endpoints, the
 * more unevenly sessions spread over them, by the root of n - 1, so that loss changes likewise with their number. What engines
 * deliver less, or more, than the curve says today stays the same. It holds while endpoints are not overloaded, and where requests
 * follow their caches: where routing loses a quarter of what one cache would hit, there is no advice.
 *
 * @param missing why there is no advice; null if there is
 * @param changes that could be made
 */
public record CacheAdvice(@Nullable String missing, List<Change> changes) {
    /** Fewer requests say too little. */
    public static final int LEAST_REQUESTS = 1000;

    private static final double MOST_LOST_TO_ROUTING = 0.25;

    /** Share of all tokens below which a change is not worth advising. */
    private static final double LITTLE = 0.02;

    private static final double[] TIMES = {0.5, 2, 4};

    public CacheAdvice {
        changes = List.copyOf(changes);
    }

    /**
     * One change and what it does.
     *
     * @param endpoints that there would be
     * @param cacheTimes how many times as large the cache of each would be
     * @param cacheTokens of all caches together
     * @param hitRatio expected
     * @param savedTokensPerSecond prefill tokens that would not be computed, against today; negative if more would be
     * @param savedEndpoints the same as a share of what one endpoint computes, as observed
     * @param values Helm values that make the change where the chart deploys the engines; null: none does
     */
    public record Change(
            int endpoints,
            double cacheTimes,
            double cacheTokens,
            double hitRatio,
            double savedTokensPerSecond,
            double savedEndpoints,
            @Nullable String values) {}

    /**
     * What one endpoint more or fewer would bring, and half, double and four times the cache at each.
     *
     * @param endpoints that there are
     * @param secondsPerToken that one takes for a token of prefill
     */
    public static CacheAdvice of(CacheUseReport seen, int endpoints, double secondsPerToken) {
        String missing = missing(seen, endpoints);
        if (missing != null) {
            return new CacheAdvice(missing, List.of());
        }
        List<Change> changes = new ArrayList<>();
        if (endpoints > 1) {
            changes.add(change(seen, endpoints, endpoints - 1, 1, secondsPerToken));
        }
        changes.add(change(seen, endpoints, endpoints + 1, 1, secondsPerToken));
        for (double times : TIMES) {
            changes.add(change(seen, endpoints, endpoints, times, secondsPerToken));
        }
        return new CacheAdvice(null, changes);
    }

    /**
     * What one change does.
     *
     * @param endpoints that there are
     * @param newEndpoints that there would be
     */
    public static Change change(
            CacheUseReport seen, int endpoints, int newEndpoints, double cacheTimes, double secondsPerToken) {
        double tokens = seen.capacityTokens() * newEndpoints / endpoints * cacheTimes;
        double one = seen.curve().hitRatio(tokens);
        double lost = one - seen.splitCurve().hitRatio(tokens);
        double growth = endpoints == 1 ? 1 : Math.sqrt((newEndpoints - 1.0) / (endpoints - 1));
        double today = delivered(seen);
        double unexplained = today - seen.splitCurve().hitRatio(seen.capacityTokens());
        double ratio = Math.max(0, Math.min(1, one - lost * growth + unexplained));
        double saved = (ratio - today) * seen.promptTokensPerSecond();
        return new Change(
                newEndpoints,
                cacheTimes,
                tokens / seen.trafficShare(),
                ratio,
                saved,
                saved * secondsPerToken,
                values(endpoints, newEndpoints, cacheTimes));
    }

    /** What makes caches larger, from what costs least: the same memory for twice the tokens, then memory of the node. */
    private static @Nullable String values(int endpoints, int newEndpoints, double cacheTimes) {
        if (newEndpoints != endpoints) {
            return "vllm.replicas: " + newEndpoints;
        }
        if (cacheTimes <= 1) {
            return null;
        }
        return cacheTimes <= 2
                ? "vllm.extraArgs: [--kv-cache-dtype=fp8]"
                : "vllm.extraArgs: [--kv-offloading-size=64], GiB of the node's memory";
    }

    private static double delivered(CacheUseReport seen) {
        return (double) seen.deliveredTokens() / seen.answeredTokens();
    }

    static @Nullable String missing(CacheUseReport seen, int endpoints) {
        if (seen.requests() < LEAST_REQUESTS) {
            return String.format(
                    Locale.ROOT, "%,.0f requests seen (advice needs %,d)", seen.requests(), LEAST_REQUESTS);
        }
        if (seen.capacityTokens() <= 0 || endpoints == 0) {
            return "the endpoints do not say how much their caches hold";
        }
        if (seen.answeredTokens() == 0) {
            return "no response says how many tokens of its prompt were cached";
        }
        double one = seen.curve().hitRatio(seen.capacityTokens());
        double lost = one - seen.splitCurve().hitRatio(seen.capacityTokens());
        return lost > LITTLE && lost > MOST_LOST_TO_ROUTING * one
                ? String.format(
                        Locale.ROOT,
                        "routing loses %.0f %% of the hits of one shared cache; fix that first",
                        100 * lost / one)
                : null;
    }
}
