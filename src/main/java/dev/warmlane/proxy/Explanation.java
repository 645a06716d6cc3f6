package dev.warmlane.proxy;

import dev.warmlane.core.routing.RoutingDecision;
import org.jspecify.annotations.Nullable;

/**
 * What a request would get.
 *
 * @param pool the pool that serves it
 * @param decision the decision, or null if no endpoint could take it
 */
public record Explanation(String pool, @Nullable RoutingDecision decision) {}
