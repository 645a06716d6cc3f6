package dev.warmlane.tools.replay;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.core.routing.PolicyFactory;
import dev.warmlane.core.routing.RoutingPolicy;

/** Makes the policy of one gateway. */
@FunctionalInterface
public interface PolicyMaker {

    /**
     * @param factory has the gateway's own table, index and load
     * @param clock virtual time, for policies that look at it
     */
    RoutingPolicy make(PolicyFactory factory, Ticker clock);
}
