package dev.warmlane.app;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.cluster.ReplicaSharing;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.affinity.Bindings;
import dev.warmlane.core.affinity.StoredResponses;
import dev.warmlane.core.sharing.Replication;
import dev.warmlane.engines.discovery.DiscoveryFactory;
import dev.warmlane.engines.pool.CacheWatch;
import dev.warmlane.engines.pool.PoolFactory;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.pool.QueueTicks;
import dev.warmlane.settings.AffinitySettings;
import dev.warmlane.settings.WarmlaneSettings;
import io.fabric8.kubernetes.client.KubernetesClient;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

/** The pools, and the bindings that they share. */
@Configuration(proxyBeanMethods = false)
class PoolConfiguration {

    @Bean
    Bindings bindings(WarmlaneSettings settings, ObjectProvider<ReplicaSharing> sharing) {
        ReplicaSharing replicas = sharing.getIfAvailable();
        return replicas == null
                ? table(settings.affinity())
                : replicas.replication().bindings();
    }

    static AffinityTable table(AffinitySettings affinity) {
        return new AffinityTable(affinity.maxEntries(), affinity.ttl(), Ticker.systemTicker());
    }

    @Bean
    StoredResponses storedResponses(WarmlaneSettings settings, ObjectProvider<ReplicaSharing> sharing) {
        AffinitySettings affinity = settings.affinity();
        StoredResponses responses = new StoredResponses(affinity.maxEntries(), affinity.ttl(), Ticker.systemTicker());
        sharing.ifAvailable(replicas -> replicas.replication().share(responses));
        return responses;
    }

    @Bean
    @Lazy
    KubernetesClient kubernetesClient() {
        return DiscoveryFactory.client().build();
    }

    @Bean
    Pools pools(
            WarmlaneSettings settings,
            Bindings bindings,
            ObjectProvider<ReplicaSharing> sharing,
            SslBundles bundles,
            ObjectProvider<KubernetesClient> kubernetes) {
        DiscoveryFactory discoveries = new DiscoveryFactory(settings.discovery(), kubernetes::getObject);
        EngineTls tls = new EngineTls(settings, bundles);
        Pools pools = new PoolFactory(settings, bindings, replication(sharing), discoveries, tls::of).create();
        pools.start();
        return pools;
    }

    private static @Nullable Replication replication(ObjectProvider<ReplicaSharing> sharing) {
        ReplicaSharing replicas = sharing.getIfAvailable();
        return replicas == null ? null : replicas.replication();
    }

    @Bean
    CacheWatch cacheWatch(WarmlaneSettings settings, Pools pools) {
        CacheWatch watch = new CacheWatch(pools, settings.scaling(), System::nanoTime);
        watch.start();
        return watch;
    }

    @Bean
    QueueTicks queueTicks(Pools pools) {
        return new QueueTicks(pools);
    }
}
