package dev.warmlane.ops.actuator;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * Sums over the endpoints of a pool. An endpoint that does not say a number adds nothing to its sum.
 *
 * @param endpoints how many there are
 * @param selectable how many of them take requests that belong to no endpoint yet
 * @param prefixCache sums of the endpoints' own counters, ratios of sums
 * @param running requests in the engines' batches
 * @param waiting requests queued in the engines
 * @param inFlight requests that the gateway has in flight
 * @param queue requests that wait in the gateway
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record PoolTotals(
        int endpoints,
        int selectable,
        PrefixCacheStatus prefixCache,
        long running,
        long waiting,
        long inFlight,
        QueueStatus queue) {}
