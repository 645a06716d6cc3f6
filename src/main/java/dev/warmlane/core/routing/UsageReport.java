package dev.warmlane.core.routing;

import org.jspecify.annotations.Nullable;

/**
 * What an endpoint reported of one response.
 *
 * @param promptTokens tokens of the prompt
 * @param outputTokens tokens generated
 * @param cachedTokens tokens of the prompt that came from its cache; null where it does not say
 */
public record UsageReport(
        long promptTokens, long outputTokens, @Nullable Long cachedTokens) {}
