package dev.warmlane.ops.actuator;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.health.EndpointHealth;
import dev.warmlane.core.health.EndpointHealth.Ejected;
import dev.warmlane.core.health.EndpointHealth.Probation;
import dev.warmlane.core.log.Counted;
import dev.warmlane.engines.discovery.Discovery.DiscoveryStatus;
import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * Whether the pools have healthy endpoints, and which pools have too few for what reason: degraded where one has none or uses
 * failing ones, down where none has any. Not part of readiness, because a gateway that says why it fails serves its clients
 * better than one that is gone.
 */
public final class EndpointsHealthIndicator implements HealthIndicator {
    /** Serves, but worse than it should; HTTP status 200. */
    public static final String DEGRADED = "DEGRADED";

    private static final int NAMED = 5;

    private final Pools pools;

    /** Over all pools. */
    public EndpointsHealthIndicator(Pools pools) {
        this.pools = pools;
    }

    @Override
    public Health health() {
        Health.Builder health = Health.up();
        boolean serves = false;
        boolean degraded = false;
        for (Pool pool : pools.all()) {
            EndpointSnapshot snapshot = pool.endpoints().snapshot();
            boolean lacksPrefill = lacksPrefill(pool);
            serves |= snapshot.healthy() > 0 && !lacksPrefill;
            if (snapshot.healthy() == 0 || snapshot.isPanic() || lacksPrefill) {
                degraded = true;
                health.withDetail(pool.name(), summary(pool));
            }
        }
        if (!serves) {
            return health.down().build();
        }
        return degraded ? health.status(DEGRADED).build() : health.build();
    }

    /** Whether decode endpoints may not compute prompts, and nobody else does. */
    private static boolean lacksPrefill(Pool pool) {
        EndpointSnapshot snapshot = pool.endpoints().snapshot();
        return !pool.prefillDecode().decodeAlone()
                && snapshot.prefill().isEmpty()
                && !snapshot.selectable().isEmpty()
                && snapshot.selectable().stream().allMatch(endpoint -> endpoint.role() == Role.DECODE);
    }

    /** One line: how many endpoints are selectable, and which are out for what reason. */
    static String summary(Pool pool) {
        EndpointSnapshot snapshot = pool.endpoints().snapshot();
        List<String> out = new ArrayList<>();
        for (Endpoint endpoint : snapshot.endpoints()) {
            EndpointHealth known = pool.health().of(endpoint.id());
            if (endpoint.state() != EndpointState.WARMING && known instanceof Ejected ejected) {
                out.add("%s ejected (%s)"
                        .formatted(endpoint.name(), ejected.reason().label()));
            } else if (endpoint.state() != EndpointState.WARMING && known instanceof Probation probation) {
                out.add("%s on probation (%s)"
                        .formatted(endpoint.name(), probation.reason().label()));
            } else if (!endpoint.state().acceptsNew()) {
                out.add(endpoint.name() + " " + endpoint.state().label());
            }
        }
        StringBuilder summary = new StringBuilder("%d of %s selectable"
                .formatted(snapshot.healthy(), Counted.of(snapshot.endpoints().size(), "endpoint")));
        if (snapshot.isPanic()) {
            summary.append(", too few to be used alone, so all are used");
        }
        if (lacksPrefill(pool)) {
            summary.append(", none of role prefill");
        } else if (snapshot.healthy() == 0 && !snapshot.prefill().isEmpty()) {
            summary.append(", those that are ready have role prefill");
        }
        if (!out.isEmpty()) {
            summary.append("; ").append(String.join(", ", out.subList(0, Math.min(NAMED, out.size()))));
        }
        if (out.size() > NAMED) {
            summary.append(" and %d more".formatted(out.size() - NAMED));
        }
        return summary.toString();
    }

    /**
     * How many endpoints each pool has, what is wrong with them, and how well discovery follows its sources. Down, and so not
     * ready, until each source has listed its endpoints once: a replica that knows no endpoints must not get traffic. A source
     * that is lost later is shown and no more, because the last known endpoints still serve.
     */
    public static final class DiscoveryHealthIndicator implements HealthIndicator {
        private final Pools pools;

        /** Over the sources of all pools. */
        public DiscoveryHealthIndicator(Pools pools) {
            this.pools = pools;
        }

        @Override
        public Health health() {
            Health.Builder health = isSynced() ? Health.up() : Health.down();
            Map<String, List<DiscoveryStatus>> sources = new LinkedHashMap<>();
            for (Pool pool : pools.all()) {
                health.withDetail(pool.name(), EndpointsHealthIndicator.summary(pool));
                String source = pool.discovery().source();
                if (source != null) {
                    sources.computeIfAbsent(source, first -> new ArrayList<>())
                            .add(pool.discovery().status());
                }
            }
            return health.withDetails(sources).build();
        }

        /** Whether each source has listed its endpoints. */
        boolean isSynced() {
            return pools.all().stream()
                    .noneMatch(pool -> pool.discovery().status().state() == DiscoveryStatus.State.SYNCING);
        }
    }

    /**
     * Down, and so not ready, until every engine has been asked for its models once: before that a replica would respond that there
     * are none. Up from then on; a pool whose models stay unknown is told with the reason.
     */
    public static final class ModelsHealthIndicator implements HealthIndicator {
        private final ServedModels models;
        private final DiscoveryHealthIndicator discovery;
        private volatile boolean known;

        /** @param discovery knows when all endpoints are listed */
        public ModelsHealthIndicator(ServedModels models, DiscoveryHealthIndicator discovery) {
            this.models = models;
            this.discovery = discovery;
        }

        @Override
        public Health health() {
            if (!known && discovery.isSynced() && models.isKnown()) {
                known = true;
            }
            Health.Builder health = known ? Health.up() : Health.down();
            Map<String, String> failures = models.failures();
            if (!failures.isEmpty()) {
                health.withDetail("unknown", failures);
            }
            return health.withDetail("models", models.catalog().models().size()).build();
        }
    }
}
