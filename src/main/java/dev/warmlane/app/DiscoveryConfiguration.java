package dev.warmlane.app;

import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.engines.discovery.Discovery;
import dev.warmlane.engines.discovery.DiscoveryStatus;
import dev.warmlane.engines.discovery.DiscoveryTiming;
import dev.warmlane.engines.discovery.InferencePoolDiscovery;
import dev.warmlane.engines.discovery.KubernetesDiscovery;
import dev.warmlane.engines.discovery.KubernetesSource;
import dev.warmlane.engines.discovery.StaticDiscovery;
import dev.warmlane.engines.discovery.TargetPort;
import dev.warmlane.proxy.RoutedPools;
import dev.warmlane.settings.DiscoverySettings;
import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.KubernetesSettings;
import dev.warmlane.settings.PoolSettings;
import dev.warmlane.settings.WarmlaneSettings;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

/** Fills the pools: from the settings, or from what Kubernetes lists. */
@Configuration(proxyBeanMethods = false)
class DiscoveryConfiguration {

    @Bean
    @Lazy
    KubernetesClient kubernetesClient() {
        return new KubernetesClientBuilder().build();
    }

    @Bean
    Discoveries discoveries(WarmlaneSettings settings, RoutedPools pools, ObjectProvider<KubernetesClient> client) {
        Map<String, Discovery> started = new LinkedHashMap<>();
        for (int i = 0; i < pools.all().size(); i++) {
            PoolSettings pool = settings.pools().get(i);
            EndpointPool endpoints = pools.all().get(i).router().pool();
            try {
                if (pool.kubernetes() == null) {
                    StaticDiscovery.fill(endpoints, pool.endpoints());
                } else {
                    started.put(
                            pool.name(),
                            follow(
                                    pool.kubernetes(),
                                    !settings.sslBundle(pool).isEmpty(),
                                    endpoints,
                                    settings.discovery(),
                                    client.getObject()));
                }
            } catch (IllegalArgumentException e) {
                throw new InvalidSettingException("pool " + pool.name(), String.valueOf(e.getMessage()));
            }
        }
        return new Discoveries(started);
    }

    private static Discovery follow(
            KubernetesSettings settings,
            boolean tls,
            EndpointPool pool,
            DiscoverySettings discovery,
            KubernetesClient client) {
        DiscoveryTiming timing = new DiscoveryTiming(discovery.resync(), discovery.check(), discovery.listTimeout());
        Discovery following = settings.inferencePool() == null
                ? new KubernetesDiscovery(
                        client, tls ? source(settings).overTls() : source(settings), pool, timing, System::nanoTime)
                : new InferencePoolDiscovery(
                        client,
                        settings.namespace(),
                        settings.inferencePool(),
                        tls ? "https" : "http",
                        pool,
                        timing,
                        System::nanoTime);
        following.start();
        return following;
    }

    private static KubernetesSource source(KubernetesSettings settings) {
        TargetPort port = settings.port() == null ? TargetPort.FIRST : TargetPort.parse(settings.port());
        return settings.service() != null
                ? KubernetesSource.ofService(settings.namespace(), settings.service(), port)
                : KubernetesSource.ofSelector(settings.namespace(), String.valueOf(settings.selector()), port);
    }

    /** What watches Kubernetes, closed with the application. */
    record Discoveries(Map<String, Discovery> byPool) implements AutoCloseable {

        Collection<Discovery> kubernetes() {
            return byPool.values();
        }

        /** Whether the pool's endpoints are those known last, because Kubernetes is not followed. */
        boolean isStale(String pool) {
            Discovery discovery = byPool.get(pool);
            return discovery != null && discovery.status().state() == DiscoveryStatus.State.STALE;
        }

        @Override
        public void close() {
            kubernetes().forEach(Discovery::close);
        }
    }
}
