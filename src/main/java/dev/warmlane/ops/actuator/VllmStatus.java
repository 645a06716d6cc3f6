package dev.warmlane.ops.actuator;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.ops.actuator.EndpointStatus.PrefixCacheStatus;
import java.util.List;

/** The response of {@code GET /actuator/vllm}. */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record VllmStatus(List<PoolStatus> pools) {
    public VllmStatus {
        pools = List.copyOf(pools);
    }

    /**
     * One pool.
     *
     * @param pool its name
     * @param totals over the endpoints that follow
     * @param panic whether so few endpoints are healthy that all are used
     * @param endpoints in the order of discovery
     */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record PoolStatus(String pool, PoolTotals totals, boolean panic, List<EndpointStatus> endpoints) {
        public PoolStatus {
            endpoints = List.copyOf(endpoints);
        }
    }

    /**
     * Sums over the endpoints of a pool. An endpoint that does not say a number adds nothing to its sum.
     *
     * @param endpoints how many there are
     * @param selectable how many of them take requests that belong to no endpoint yet, because they are healthy; in a panic, fewer
     *     than do
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

    /**
     * The requests of a pool that wait in the gateway because every endpoint is full.
     *
     * @param depth how many there are
     * @param maxEntries how many there may be
     * @param maxRequestsPerEndpoint requests in flight that make an endpoint full
     * @param endedPerSecond requests of the pool that ended per second, lately
     */
    public record QueueStatus(int depth, int maxEntries, int maxRequestsPerEndpoint, double endedPerSecond) {

        static QueueStatus of(Pool pool) {
            return new QueueStatus(
                    pool.queue().waiting(),
                    pool.queue().limits().maxEntries(),
                    pool.router().inFlight().maxRequests(),
                    pool.queue().endedPerSecond());
        }
    }
}
