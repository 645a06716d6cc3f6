package dev.warmlane.tools.replay;

import dev.warmlane.tools.Distribution;
import org.jspecify.annotations.Nullable;

/**
 * What one policy made of one load. Times are seconds; ratios and shares are in [0, 1] and 0 over nothing.
 *
 * @param answered requests answered in full
 * @param refused requests that found no endpoint
 * @param lost times that a request lost its endpoint and started again
 * @param hitRatio prompt tokens that engines found in their caches, over all
 * @param shareOfOneCache that over the hit ratio of one LRU of the pool's total size
 * @param shareOfInfiniteCache that over the hit ratio of a cache that forgets nothing
 * @param ttft time to the first token
 * @param e2e time to the last token
 * @param tpot time per output token after the first
 * @param withinSlo requests with a TTFT under 2 s and a TPOT under 50 ms, over all answered
 * @param requestImbalance most requests of an endpoint over the mean; at least 1
 * @param computedImbalance most prompt tokens computed by an endpoint over the mean; at least 1
 * @param stickiness requests that went where the one before them in the session went, over all but first ones; null if all
 *     are first ones
 * @param predictedTokens cached tokens that the policy expected at the chosen endpoints
 * @param deliveredTokens cached tokens that those endpoints found
 * @param toldBytesPerRequest what gateways told each other, for each request; null if they tell nothing
 * @param adapterLoadsPerRequest how often an engine loaded an adapter, for each request; null if adapters cost nothing
 * @param gapP99 time between two tokens of a response, in seconds, that 99 % are below; as the following, null unless fleets with and
 *     without roles are compared
 * @param prefillLegs requests whose prompts prefill endpoints computed, over all
 * @param laterTurnsAlone of requests that are not the first ones of their sessions, those whose prompts they did not; null if all are
 * @param warmTurnsAlone the same of requests of which the endpoint of the one before still holds at least half; null if there are none
 */
public record PolicyResult(
        int answered,
        int refused,
        int lost,
        double hitRatio,
        double shareOfOneCache,
        double shareOfInfiniteCache,
        Distribution ttft,
        Distribution e2e,
        Distribution tpot,
        double withinSlo,
        double requestImbalance,
        double computedImbalance,
        @Nullable Double stickiness,
        long predictedTokens,
        long deliveredTokens,
        @Nullable Double toldBytesPerRequest,
        @Nullable Double adapterLoadsPerRequest,
        @Nullable Double gapP99,
        @Nullable Double prefillLegs,
        @Nullable Double laterTurnsAlone,
        @Nullable Double warmTurnsAlone) {

    /** Predicted over delivered tokens; null for policies that predict nothing, or where nothing was delivered. */
    public @Nullable Double predictedOverDelivered() {
        return predictedTokens == 0 || deliveredTokens == 0 ? null : (double) predictedTokens / deliveredTokens;
    }
}
