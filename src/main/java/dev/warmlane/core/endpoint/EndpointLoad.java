package dev.warmlane.core.endpoint;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an endpoint last said of itself; every part is null where the engine does not say it. It lags by seconds, so it
 * serves capacity, health and display, never the choice of an endpoint.
 *
 * @param running requests in the engine's batch
 * @param waiting requests queued in the engine
 * @param kvCacheUsage share of KV blocks held by running requests, in [0, 1]; the highest of several engines
 * @param blockSizeTokens tokens in one KV block
 * @param blocks KV blocks of all engines of the server
 * @param prefixCaching whether prefix caching is on
 */
public record EndpointLoad(
        @Nullable Long running,
        @Nullable Long waiting,
        @Nullable Double kvCacheUsage,
        @Nullable Integer blockSizeTokens,
        @Nullable Long blocks,
        @Nullable Boolean prefixCaching) {

    public static final EndpointLoad UNKNOWN = new EndpointLoad(null, null, null, null, null, null);

    /** What stays true of a server that does not answer: how it is made, and not what it does. */
    public EndpointLoad capacityOnly() {
        return new EndpointLoad(null, null, null, blockSizeTokens, blocks, prefixCaching);
    }

    /** Tokens that the KV cache holds, or null where the engine does not say. */
    public @Nullable Long capacityTokens() {
        return blocks == null || blockSizeTokens == null ? null : blocks * blockSizeTokens;
    }

    /**
     * What an endpoint last said of its LoRA adapters. It does not say which are loaded and not in use. Immutable.
     *
     * @param slots adapters that it holds at a time; at least 1
     * @param running those of the requests in the engine's batch
     * @param waiting those of the requests queued in the engine
     */
    public record EndpointAdapters(int slots, List<String> running, List<String> waiting) {
        public EndpointAdapters {
            running = List.copyOf(running);
            waiting = List.copyOf(waiting);
        }
    }
}
