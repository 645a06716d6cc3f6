package dev.warmlane.settings;

import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The prediction of what each endpoint's KV cache holds.
 *
 * @param tokensPerEndpoint Tokens that the gateway assumes an endpoint can cache. 0: what the engine reports.
 * @param maxTokensPerEndpoint Upper bound for the cache size that an engine reports, in tokens. It bounds the memory of the
 *     index: about one byte a token and endpoint.
 */
public record IndexSettings(
        @DefaultValue("0") long tokensPerEndpoint,
        @DefaultValue("16000000") long maxTokensPerEndpoint) {

    public IndexSettings {
        Check.atLeast("warmlane.index.tokens-per-endpoint", tokensPerEndpoint, 0);
        Check.atLeast("warmlane.index.max-tokens-per-endpoint", maxTokensPerEndpoint, 1);
    }
}
