package dev.warmlane.tools.replay;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.core.routing.RoutingPolicy;

/** Makes the policy of one gateway. */
@FunctionalInterface
public interface PolicyMaker {

    /** @param clock virtual time, for policies that look at it */
    RoutingPolicy make(Ticker clock);
}
