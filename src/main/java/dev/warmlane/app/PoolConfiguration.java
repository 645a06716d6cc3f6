package dev.warmlane.app;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.cluster.ReplicaSharing;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.affinity.Bindings;
import dev.warmlane.core.affinity.StoredResponses;
import dev.warmlane.core.sharing.Replication;
import dev.warmlane.engines.client.ClientTls;
import dev.warmlane.engines.discovery.DiscoveryFactory;
import dev.warmlane.engines.pool.CacheWatch;
import dev.warmlane.engines.pool.PoolFactory;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.pool.Pools.QueueTicks;
import dev.warmlane.settings.AffinitySettings;
import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.PoolSettings;
import dev.warmlane.settings.WarmlaneSettings;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.util.Arrays;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.SslOptions;
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
    PoolFactory poolFactory(
            WarmlaneSettings settings,
            Bindings bindings,
            ObjectProvider<ReplicaSharing> sharing,
            SslBundles bundles,
            ObjectProvider<KubernetesClient> kubernetes) {
        DiscoveryFactory discoveries = new DiscoveryFactory(settings.discovery(), kubernetes::getObject);
        EngineTls tls = new EngineTls(settings, bundles);
        return new PoolFactory(settings, bindings, replication(sharing), discoveries, tls::of);
    }

    @Bean
    Pools pools(PoolFactory factory) {
        Pools pools = factory.create();
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

    /** Secures connections to engines by Spring Boot's SSL bundles, and follows those that are reloaded. */
    private static final class EngineTls {
        private final WarmlaneSettings settings;
        private final SslBundles bundles;

        EngineTls(WarmlaneSettings settings, SslBundles bundles) {
            this.settings = settings;
            this.bundles = bundles;
        }

        /**
         * What secures the connections of a pool; null if its settings name no bundle.
         *
         * @throws InvalidSettingException if there is no such bundle
         */
        @Nullable
        ClientTls of(PoolSettings pool) {
            String name = settings.sslBundle(pool);
            if (name.isEmpty()) {
                return null;
            }
            String key =
                    pool.sslBundle() == null ? "warmlane.upstream.ssl-bundle" : "pool " + pool.name() + ": ssl-bundle";
            SslBundle bundle = TlsCheck.bundle(key, name, bundles);
            ClientTls tls = new ClientTls(context(bundle), pool.serverName());
            bundles.addBundleUpdateHandler(name, renewed -> tls.renew(context(renewed)));
            return tls;
        }

        private static SslContext context(SslBundle bundle) {
            SslContextBuilder builder = SslContextBuilder.forClient()
                    .keyManager(bundle.getManagers().getKeyManagerFactory())
                    .trustManager(bundle.getManagers().getTrustManagerFactory());
            SslOptions options = bundle.getOptions();
            if (options.getCiphers() != null) {
                builder.ciphers(Arrays.asList(options.getCiphers()));
            }
            if (options.getEnabledProtocols() != null) {
                builder.protocols(options.getEnabledProtocols());
            }
            try {
                return builder.build();
            } catch (SSLException e) {
                throw new IllegalStateException("the SSL bundle cannot be used", e);
            }
        }
    }
}
