package dev.warmlane.ops.dashboard;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.warmlane.engines.pool.Pool.PoolTargets;
import dev.warmlane.ops.actuator.EndpointStatus;
import dev.warmlane.ops.actuator.EndpointStatus.HitRatios;
import dev.warmlane.ops.actuator.VllmStatus.PoolTotals;
import dev.warmlane.ops.dashboard.ProblemCatalogue.Problem;
import dev.warmlane.ops.dashboard.Replicas.LiveReplica;
import dev.warmlane.ops.dashboard.Unrouted.LiveUnrouted;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the page shows, as of one second.
 *
 * @param at when it was sampled
 * @param pools in the order of the settings, as this replica sees them
 * @param replicas all that are known, this one first
 * @param unrouted requests that no pool got
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record LiveStatus(Instant at, List<LivePool> pools, List<LiveReplica> replicas, LiveUnrouted unrouted) {

    /**
     * One pool.
     *
     * @param pool its name
     * @param policy the name of its routing policy
     * @param totals sums over its endpoints
     * @param panic whether so few endpoints are healthy that all are used
     * @param targets what it is judged by
     * @param hitRatio of the engines' prefix caches, over the last 1, 5 and 60 minutes
     * @param lastMinute figures over the last minute, by name; null where there is nothing to say
     * @param problems what is wrong with it
     * @param endpoints in the order of discovery
     */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record LivePool(
            String pool,
            String policy,
            PoolTotals totals,
            boolean panic,
            PoolTargets targets,
            HitRatios hitRatio,
            Map<String, @Nullable Float> lastMinute,
            List<LiveProblem> problems,
            List<LiveEndpoint> endpoints) {}

    /**
     * One problem.
     *
     * @param problem what is wrong
     * @param since when it was first seen without having been away
     */
    public record LiveProblem(@JsonUnwrapped Problem problem, Instant since) {}

    /**
     * One endpoint.
     *
     * @param status as {@code /actuator/vllm} tells it
     * @param inFlightPromptTokens prompt tokens of the requests in flight there
     * @param sessions keys bound to it
     */
    public record LiveEndpoint(@JsonUnwrapped EndpointStatus status, long inFlightPromptTokens, long sessions) {}
}
