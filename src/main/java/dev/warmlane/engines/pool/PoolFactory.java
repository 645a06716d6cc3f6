package dev.warmlane.engines.pool;

import dev.warmlane.core.admission.AdmissionQueue;
import dev.warmlane.core.affinity.Bindings;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.EndpointHealth;
import dev.warmlane.core.health.HealthListener;
import dev.warmlane.core.health.HealthRules;
import dev.warmlane.core.health.PoolHealth;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.prefix.PromptBlocks.PromptHasher;
import dev.warmlane.core.prefix.reuse.CacheUse;
import dev.warmlane.core.routing.DecisionLog;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.routing.PolicyParameters;
import dev.warmlane.core.routing.PoolLoad.ReplicaLoad;
import dev.warmlane.core.routing.PoolMemory;
import dev.warmlane.core.routing.Router;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.policy.Policies;
import dev.warmlane.core.sharing.PoolShare;
import dev.warmlane.core.sharing.Replication;
import dev.warmlane.engines.client.ClientTls;
import dev.warmlane.engines.discovery.DiscoveryFactory;
import dev.warmlane.engines.discovery.StaticDiscovery;
import dev.warmlane.engines.pool.Pool.EngineVersions;
import dev.warmlane.engines.pool.Pool.PoolTargets;
import dev.warmlane.engines.pool.Pool.Prewarming;
import dev.warmlane.settings.HealthSettings;
import dev.warmlane.settings.HealthSettings.OutlierSettings;
import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.PolicyFiles;
import dev.warmlane.settings.PoolSettings;
import dev.warmlane.settings.PoolSettings.UnknownModels;
import dev.warmlane.settings.UpstreamSettings.QueueSettings;
import dev.warmlane.settings.WarmlaneSettings;
import dev.warmlane.settings.WarmlaneSettings.CacheSettings.Watch;
import dev.warmlane.settings.WarmlaneSettings.RoutingSettings;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the pools of the settings. Each has its own policy, memory and queue; bindings are shared. */
public final class PoolFactory {
    private static final Logger log = LoggerFactory.getLogger(PoolFactory.class);
    private static final int LOGGED_DECISIONS = 256;

    /** One million tokens at 64 a block: more than most engines hold, since too small costs more than too large. */
    private static final int DEFAULT_INDEX_BLOCKS = 15_625;

    private final WarmlaneSettings settings;
    private final Bindings bindings;
    private final @Nullable Replication replication;
    private final DiscoveryFactory discoveries;
    private final Function<PoolSettings, @Nullable ClientTls> tls;
    private final Map<String, String> policyParameters;

    /**
     * Reads the file of the routing policy.
     *
     * @param replication what this replica shares with others; null: it has none
     * @param tls secures connections to the endpoints of a pool; null where nothing does
     * @throws InvalidSettingException if the policy has no file, or none that can be used
     */
    public PoolFactory(
            WarmlaneSettings settings,
            Bindings bindings,
            @Nullable Replication replication,
            DiscoveryFactory discoveries,
            Function<PoolSettings, @Nullable ClientTls> tls) {
        this.settings = settings;
        this.bindings = bindings;
        this.replication = replication;
        this.discoveries = discoveries;
        this.tls = tls;
        this.policyParameters = policyParameters(settings.routing());
    }

    /** What the routing policy of every pool is made with: what its file says, and the settings over that. */
    public Map<String, String> policyParameters() {
        return policyParameters;
    }

    /**
     * All pools, not started.
     *
     * @throws InvalidSettingException if there is none, or one cannot be made as the settings say
     */
    public Pools create() {
        if (settings.pools().isEmpty()) {
            throw new InvalidSettingException(
                    "warmlane.endpoints", "[]", "URLs of vLLM servers, or pools in warmlane.pools");
        }
        Pools pools = create(settings.pools());
        warnOfShared(settings.pools());
        return pools;
    }

    /** A pool counts what it has in flight at its endpoints by itself, so two that share an endpoint see half of its load each. */
    private static void warnOfShared(List<PoolSettings> pools) {
        Map<Object, String> poolOf = new HashMap<>();
        for (PoolSettings pool : pools) {
            if (pool.kubernetes() != null) {
                warnIfShared(poolOf, pool, pool.kubernetes(), "its Service");
            } else {
                StaticDiscovery.endpoints(pool.endpoints())
                        .forEach(endpoint -> warnIfShared(
                                poolOf, pool, endpoint.id(), endpoint.id().value()));
            }
        }
    }

    private static void warnIfShared(Map<Object, String> poolOf, PoolSettings pool, Object source, String named) {
        String other = poolOf.putIfAbsent(source, pool.name());
        if (other != null) {
            log.warn(
                    "pool {}: {} is in pool {} too, and neither sees what the other sends there",
                    pool.name(),
                    named,
                    other);
        }
    }

    /** These pools instead of those of the settings, not started. */
    public Pools create(List<PoolSettings> pools) {
        return new Pools(pools.stream().map(this::pool).toList());
    }

    private Pool pool(PoolSettings pool) {
        EndpointPool endpoints = new EndpointPool(pool.name(), pool.ranksOfEach());
        PoolHealth health = new PoolHealth(endpoints, rules(settings.health(), settings.outlier()), System::nanoTime);
        Router router = router(endpoints, health);
        HealthLog log = new HealthLog(pool.name(), System::nanoTime);
        health.addListener(log);
        endpoints.onRemoval(gone -> gone.forEach(log::forget));
        health.addListener(new ColdRestarts(router));
        ClientTls secured = tls.apply(pool);
        boolean passes = PoolSettings.PASS.equals(pool.apiKey());
        return new Pool(
                pool.models(),
                pool.unknownModels() == UnknownModels.PASS,
                passes ? null : pool.apiKey(),
                passes,
                secured,
                discoveries.create(pool, secured != null, endpoints),
                health,
                router,
                new EngineVersions(),
                queue(settings.queue(), router),
                PoolTargets.of(pool, settings.dashboard(), router.policy().promise()),
                pool.prefillDecode(),
                Prewarming.of(settings.prewarm().of(pool.prewarm())));
    }

    private Router router(EndpointPool endpoints, PoolHealth health) {
        InFlight inFlight = new InFlight(settings.queue().maxRequestsPerEndpoint());
        CacheUse use = settings.cache().watch() == Watch.OFF ? null : new CacheUse();
        PoolShare share = replication == null
                ? null
                : replication.share(endpoints, PrefixIndex.linked(DEFAULT_INDEX_BLOCKS, System::nanoTime), inFlight);
        PoolMemory memory = share == null ? memory(inFlight) : shared(share, health, inFlight, use);
        DecisionLog log = new DecisionLog(LOGGED_DECISIONS, Clock.systemUTC());
        Router router = new Router(endpoints, policy(), memory, log, health);
        if (use != null) {
            router.tell(use, settings.cache().watch() == Watch.ALL);
        }
        if (share != null) {
            share.notes(router.notes());
        }
        return router;
    }

    private PoolMemory memory(InFlight inFlight) {
        return new PoolMemory(
                bindings,
                new PrefixIndex(DEFAULT_INDEX_BLOCKS, System::nanoTime),
                PromptHasher.DEFAULT_BLOCK_SIZE_BYTES,
                inFlight,
                ReplicaLoad.NONE,
                System.nanoTime(),
                System::nanoTime);
    }

    private PoolMemory shared(PoolShare share, PoolHealth health, InFlight inFlight, @Nullable CacheUse use) {
        PoolMemory memory = new PoolMemory(
                bindings,
                share.contents(),
                PromptHasher.DEFAULT_BLOCK_SIZE_BYTES,
                inFlight,
                share.load(),
                System.nanoTime(),
                System::nanoTime);
        share.averages(memory.averages());
        share.health(health);
        if (use != null) {
            share.uses(use);
        }
        return memory;
    }

    private static AdmissionQueue queue(QueueSettings settings, Router router) {
        AdmissionQueue queue = new AdmissionQueue(
                new AdmissionQueue.Limits(settings.maxEntries(), settings.maxWait()),
                router::capacity,
                System::nanoTime,
                new SplittableRandom());
        router.inFlight().onClose(queue::ended);
        return queue;
    }

    private static HealthRules rules(HealthSettings health, OutlierSettings outlier) {
        return new HealthRules(
                outlier.enabled(),
                outlier.consecutiveFailures(),
                outlier.successRate(),
                outlier.minRequests(),
                outlier.window(),
                outlier.ejection(),
                outlier.maxEjection(),
                outlier.keepSessions(),
                health.fall(),
                health.rise(),
                health.slowStart());
    }

    private static Map<String, String> policyParameters(RoutingSettings routing) {
        try {
            return Map.copyOf(PolicyFiles.merged(routing.policy(), routing.parameters()));
        } catch (IllegalArgumentException e) {
            String problem = String.valueOf(e.getMessage()).replaceFirst("^policy: ", "");
            throw new InvalidSettingException("warmlane.routing.policy", problem);
        }
    }

    private RoutingPolicy policy() {
        PolicyParameters parameters = new PolicyParameters(settings.routing().policy(), policyParameters);
        try {
            RoutingPolicy policy = Policies.load().create(parameters);
            parameters.notes().forEach(log::info);
            return policy;
        } catch (IllegalArgumentException e) {
            throw new InvalidSettingException("warmlane.routing", String.valueOf(e.getMessage()));
        }
    }

    /**
     * Tells the router of endpoints that nobody listened at and that come back, or say themselves that they are another process: its cache
     * is empty. A static endpoint has the same identity as before, so nothing else would tell. An engine that falls asleep drops its
     * cache, too.
     */
    private static final class ColdRestarts implements HealthListener {
        private final Router router;

        ColdRestarts(Router router) {
            this.router = router;
        }

        @Override
        public void restarted(Endpoint endpoint) {
            router.notes().restarted(endpoint.id());
        }

        @Override
        public void slept(Endpoint endpoint, boolean asleep) {
            if (asleep) {
                router.notes().restarted(endpoint.id());
            }
        }

        @Override
        public void changed(Endpoint endpoint, EndpointHealth before, EndpointHealth now) {
            if (before instanceof EndpointHealth.Ejected && now.cacheLost()) {
                router.notes().restarted(endpoint.id());
            }
        }
    }
}
