package dev.warmlane.core.routing;

import org.jspecify.annotations.Nullable;

/**
 * What an endpoint reported of one answer.
 *
 * @param promptTokens tokens of the prompt
 * @param outputTokens tokens generated
 * @param cachedTokens tokens of the prompt that came from its cache; null where it does not say
 */
public record Delivery(
        long promptTokens, long outputTokens, @Nullable Long cachedTokens) {}
