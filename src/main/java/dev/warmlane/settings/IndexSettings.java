package dev.warmlane.settings;

import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The prediction of what each endpoint's KV cache holds.
 *
 * @param tokensPerEndpoint tokens that it may hold of each endpoint; 0: what the engine says its cache holds
 * @param maxTokensPerEndpoint the most that is believed of an engine; bounds the memory, about one byte a token
 */
public record IndexSettings(
        @DefaultValue("0") long tokensPerEndpoint,
        @DefaultValue("16000000") long maxTokensPerEndpoint) {

    public IndexSettings {
        Check.atLeast("warmlane.index.tokens-per-endpoint", tokensPerEndpoint, 0);
        Check.atLeast("warmlane.index.max-tokens-per-endpoint", maxTokensPerEndpoint, 1);
    }
}
