package dev.warmlane.app;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.core.admission.AdmissionQueue;
import dev.warmlane.core.admission.QueueLimits;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.affinity.Bindings;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.HealthRules;
import dev.warmlane.core.health.PoolHealth;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.prefix.PromptHasher;
import dev.warmlane.core.routing.ColdRestarts;
import dev.warmlane.core.routing.DecisionLog;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.routing.PolicyParameters;
import dev.warmlane.core.routing.PoolMemory;
import dev.warmlane.core.routing.Router;
import dev.warmlane.core.routing.RouterCapacity;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.policy.Policies;
import dev.warmlane.engines.discovery.DiscoveryFactory;
import dev.warmlane.engines.pool.HealthLog;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.pool.QueueTicks;
import dev.warmlane.engines.tls.ClientTls;
import dev.warmlane.settings.AffinitySettings;
import dev.warmlane.settings.HealthSettings;
import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.OutlierSettings;
import dev.warmlane.settings.PolicyFiles;
import dev.warmlane.settings.PoolSettings;
import dev.warmlane.settings.QueueSettings;
import dev.warmlane.settings.WarmlaneSettings;
import dev.warmlane.settings.WarmlaneSettings.RoutingSettings;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.time.Clock;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

/** The pools, each with its own policy and memory; the bindings are those of all. */
@Configuration(proxyBeanMethods = false)
class PoolConfiguration {
    private static final int LOGGED_DECISIONS = 256;

    /** One million tokens at 64 a block: more than most engines hold, since too small costs more than too large. */
    private static final int DEFAULT_INDEX_BLOCKS = 15_625;

    @Bean
    Bindings bindings(WarmlaneSettings settings) {
        AffinitySettings affinity = settings.affinity();
        return new AffinityTable(affinity.maxEntries(), affinity.ttl(), Ticker.systemTicker());
    }

    @Bean
    @Lazy
    KubernetesClient kubernetesClient() {
        return new KubernetesClientBuilder().build();
    }

    @Bean
    Pools pools(
            WarmlaneSettings settings,
            Bindings bindings,
            SslBundles bundles,
            ObjectProvider<KubernetesClient> kubernetes) {
        if (settings.pools().isEmpty()) {
            throw new InvalidSettingException(
                    "warmlane.endpoints", "[]", "URLs of vLLM servers, or pools in warmlane.pools");
        }
        DiscoveryFactory discoveries = new DiscoveryFactory(settings.discovery(), kubernetes::getObject);
        EngineTls tls = new EngineTls(settings, bundles);
        Pools pools = new Pools(settings.pools().stream()
                .map(pool -> pool(pool, settings, tls.of(pool), discoveries, bindings))
                .toList());
        pools.start();
        return pools;
    }

    @Bean
    QueueTicks queueTicks(Pools pools) {
        return new QueueTicks(pools);
    }

    private static Pool pool(
            PoolSettings pool,
            WarmlaneSettings settings,
            @Nullable ClientTls tls,
            DiscoveryFactory discoveries,
            Bindings bindings) {
        EndpointPool endpoints = new EndpointPool(pool.name());
        PoolHealth health = new PoolHealth(endpoints, rules(settings.health(), settings.outlier()), System::nanoTime);
        PoolMemory memory = new PoolMemory(
                bindings,
                new PrefixIndex(DEFAULT_INDEX_BLOCKS),
                PromptHasher.DEFAULT_BLOCK_SIZE_BYTES,
                new InFlight(settings.queue().maxRequestsPerEndpoint()),
                System.nanoTime());
        RoutingPolicy policy = policy(settings.routing());
        Router router =
                new Router(endpoints, policy, memory, new DecisionLog(LOGGED_DECISIONS, Clock.systemUTC()), health);
        health.addListener(new HealthLog(pool.name()));
        health.addListener(new ColdRestarts(router));
        return new Pool(
                pool.models(),
                pool.apiKey(),
                tls,
                discoveries.create(pool, tls != null, endpoints),
                health,
                router,
                queue(settings.queue(), router));
    }

    private static AdmissionQueue queue(QueueSettings settings, Router router) {
        AdmissionQueue queue = new AdmissionQueue(
                new QueueLimits(settings.maxEntries(), settings.maxWait()),
                new RouterCapacity(router),
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

    private static RoutingPolicy policy(RoutingSettings routing) {
        PolicyParameters parameters;
        try {
            parameters = PolicyFiles.read(routing.policy(), routing.parameters());
        } catch (IllegalArgumentException e) {
            String problem = String.valueOf(e.getMessage()).replaceFirst("^policy: ", "");
            throw new InvalidSettingException("warmlane.routing.policy", problem);
        }
        try {
            return Policies.load().create(parameters);
        } catch (IllegalArgumentException e) {
            throw new InvalidSettingException("warmlane.routing", String.valueOf(e.getMessage()));
        }
    }
}
