package dev.warmlane.engines.pool;

import dev.warmlane.core.admission.AdmissionQueue;
import dev.warmlane.core.admission.Ticket.Capacity;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.HealthRules;
import dev.warmlane.core.health.PoolHealth;
import dev.warmlane.core.routing.DecisionLog;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.routing.PoolMemories;
import dev.warmlane.core.routing.Router;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.policy.ControlPolicy;
import dev.warmlane.engines.discovery.Discovery;
import dev.warmlane.engines.discovery.Discovery.DiscoveryStatus;
import dev.warmlane.engines.discovery.StaticDiscovery;
import dev.warmlane.engines.pool.Pool.EngineVersions;
import dev.warmlane.engines.pool.Pool.PoolTargets;
import dev.warmlane.engines.pool.Pool.Prewarming;
import dev.warmlane.settings.PoolSettings.PrefillDecodeSettings;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A pool whose endpoints take turns unless it gets another policy, for tests; nobody can wait in its queue, and requests eject nothing. */
public final class PoolBuilder {
    private static final HealthRules LENIENT = new HealthRules(
            false,
            1,
            0,
            1,
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            Duration.ZERO,
            1,
            1,
            Duration.ZERO);

    private final EndpointPool endpoints;
    private List<String> models = List.of();
    private @Nullable String apiKey;
    private Discovery discovery;
    private @Nullable PoolHealth health;
    private PoolTargets targets = new PoolTargets(null, null, null, null);
    private RoutingPolicy policy = ControlPolicy.ROUND_ROBIN;
    private @Nullable Prewarming prewarming;
    private InFlight inFlight = new InFlight();
    private AdmissionQueue queue = new AdmissionQueue(
            new AdmissionQueue.Limits(0, Duration.ofSeconds(1)),
            () -> new Capacity(Set.of(), Set.of(), Set.of(), 1),
            System::nanoTime,
            new SplittableRandom(1));

    /** @param endpoints what it consists of, now and later */
    public PoolBuilder(EndpointPool endpoints) {
        this.endpoints = endpoints;
        this.discovery = new StaticDiscovery(endpoints, List.of());
    }

    public PoolBuilder(String name, Endpoint... endpoints) {
        this(new EndpointPool(name));
        this.endpoints.replace(List.of(endpoints));
    }

    public PoolBuilder models(String... served) {
        models = List.of(served);
        return this;
    }

    public PoolBuilder apiKey(@Nullable String key) {
        apiKey = key;
        return this;
    }

    /** As if Kubernetes listed its endpoints, and discovery were in this state. */
    public PoolBuilder onKubernetes(DiscoveryStatus.State state) {
        DiscoveryStatus status = new DiscoveryStatus(state, null, null, 0, null);
        discovery = new Discovery() {
            @Override
            public String source() {
                return "kubernetes";
            }

            @Override
            public void start() {}

            @Override
            public DiscoveryStatus status() {
                return status;
            }

            @Override
            public void close() {}
        };
        return this;
    }

    public PoolBuilder targets(PoolTargets judgedBy) {
        targets = judgedBy;
        return this;
    }

    /** @param judge of the same endpoints */
    public PoolBuilder health(PoolHealth judge) {
        health = judge;
        return this;
    }

    public PoolBuilder inFlight(InFlight counts) {
        inFlight = counts;
        return this;
    }

    public PoolBuilder queue(AdmissionQueue line) {
        queue = line;
        return this;
    }

    public PoolBuilder policy(RoutingPolicy routing) {
        policy = routing;
        return this;
    }

    public PoolBuilder prewarming(Prewarming filling) {
        prewarming = filling;
        return this;
    }

    public Pool build() {
        PoolHealth judge = health == null ? new PoolHealth(endpoints, LENIENT, System::nanoTime) : health;
        Router router = new Router(
                endpoints, policy, PoolMemories.counting(inFlight), new DecisionLog(1, InstantSource.system()), judge);
        return new Pool(
                models,
                false,
                apiKey,
                false,
                null,
                discovery,
                judge,
                router,
                new EngineVersions(),
                queue,
                targets,
                PrefillDecodeSettings.DEFAULT,
                prewarming);
    }

    /** This one alone. */
    public Pools alone() {
        return new Pools(List.of(build()));
    }
}
