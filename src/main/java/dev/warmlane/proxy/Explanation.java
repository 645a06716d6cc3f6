package dev.warmlane.proxy;

import dev.warmlane.core.routing.RoutingDecision;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a request would get.
 *
 * @param pool the pool that serves it
 * @param names what its name for a model stands for, step by step; empty where it names the model
 * @param decision the decision, or null if no endpoint could take it
 */
public record Explanation(
        String pool, List<String> names, @Nullable RoutingDecision decision) {}
