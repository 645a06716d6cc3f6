package dev.warmlane.ops.dashboard;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.warmlane.cluster.SettingsAgreement.Difference;
import dev.warmlane.engines.pool.Pool.PoolTargets;
import dev.warmlane.ops.actuator.EndpointStatus;
import dev.warmlane.ops.actuator.EndpointStatus.HitRatios;
import dev.warmlane.ops.actuator.VllmEndpoint.VllmStatus.PoolTotals;
import dev.warmlane.ops.dashboard.LiveStatus.LiveReplica;
import dev.warmlane.ops.dashboard.LiveStatus.LiveUnrouted;
import dev.warmlane.ops.dashboard.ProblemCatalogue.LiveProblem;
import java.time.Instant;
import java.util.LinkedHashMap;
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
     * One endpoint.
     *
     * @param status as {@code /actuator/vllm} tells it
     * @param inFlightPromptTokens prompt tokens of the requests in flight there
     * @param sessions keys bound to it
     */
    public record LiveEndpoint(@JsonUnwrapped EndpointStatus status, long inFlightPromptTokens, long sessions) {}

    /**
     * One replica.
     *
     * @param name as the cluster knows it; null where there is no cluster
     * @param version of Warmlane; null where there is no cluster
     * @param silentMillis since anything was heard of it; 0 for this one
     * @param silent whether that is too long
     * @param differingSettings how its settings differ from those of this one; null where they do not
     * @param pools how it sees them; null until it has said so
     */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record LiveReplica(
            @Nullable String name,
            @Nullable String version,
            long silentMillis,
            boolean silent,
            @Nullable Difference differingSettings,
            @Nullable List<ReplicaPool> pools) {}

    /**
     * A pool as one replica sees it.
     *
     * @param pool its name
     * @param endpoints how many there are
     * @param selectable how many of them are healthy
     * @param inFlight requests that this replica has in flight there
     * @param lastMinute figures over its last minute, by name
     * @param problems what is wrong with it, at most 20
     */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record ReplicaPool(
            String pool,
            int endpoints,
            int selectable,
            long inFlight,
            Map<String, @Nullable Float> lastMinute,
            List<ReplicaProblem> problems) {

        private static final int MAX_PROBLEMS = 20;

        private static final List<String> FIGURES = List.of(
                "hitRatio",
                "stickiness",
                "losingHits",
                "requestsPerSecond",
                "failedShare",
                "rejectedShare",
                "deliveredShare",
                "ttftP50",
                "ttftP90",
                "ttftP99",
                "queued");

        static ReplicaPool of(LivePool pool) {
            Map<String, @Nullable Float> figures = new LinkedHashMap<>();
            FIGURES.forEach(name -> figures.put(name, pool.lastMinute().get(name)));
            return new ReplicaPool(
                    pool.pool(),
                    pool.totals().endpoints(),
                    pool.totals().selectable(),
                    pool.totals().inFlight(),
                    figures,
                    pool.problems().stream()
                            .limit(MAX_PROBLEMS)
                            .map(ReplicaProblem::of)
                            .toList());
        }

        ReplicaPool withoutProblems() {
            return new ReplicaPool(pool, endpoints, selectable, inFlight, lastMinute, List.of());
        }
    }

    /** A problem as of {@link ProblemCatalogue.Problem}, and since when there is one. */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record ReplicaProblem(
            String id, @Nullable String endpoint, @Nullable String value, Instant since) {
        static ReplicaProblem of(LiveProblem problem) {
            return new ReplicaProblem(
                    problem.problem().id(),
                    problem.problem().endpoint(),
                    problem.problem().value(),
                    problem.since());
        }
    }

    /**
     * What no pool got in the last minute.
     *
     * @param requestsPerSecond all of them
     * @param refusedPerSecond those that got an error
     * @param reasonsPerSecond those refused for their client, by reason, as of {@code warmlane_refusals_total}
     */
    public record LiveUnrouted(
            double requestsPerSecond, double refusedPerSecond, Map<String, Double> reasonsPerSecond) {}
}
