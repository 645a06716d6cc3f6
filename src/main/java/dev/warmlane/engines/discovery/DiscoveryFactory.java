package dev.warmlane.engines.discovery;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.settings.DiscoverySettings;
import dev.warmlane.settings.DiscoverySettings.KubernetesSettings;
import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.PoolSettings;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.HttpClient;
import java.util.List;
import java.util.function.Supplier;

/** Makes the discovery that the settings of a pool ask for: one case for each kind of source. */
public final class DiscoveryFactory {
    private final DiscoverySettings timing;
    private final Supplier<KubernetesClient> kubernetes;

    /** @param kubernetes asked only if a pool runs on Kubernetes; stays open */
    public DiscoveryFactory(DiscoverySettings timing, Supplier<KubernetesClient> kubernetes) {
        this.timing = timing;
        this.kubernetes = kubernetes;
    }

    /**
     * A client of the cluster that the gateway runs in, or that a kubeconfig names. It speaks HTTP/1.1: an API server that refuses a
     * token ends an HTTP/2 connection at once, and the JDK's client tells of that end instead of the 401.
     */
    public static KubernetesClientBuilder client() {
        return new KubernetesClientBuilder().withHttpClientBuilderConsumer(HttpClient.Builder::preferHttp11);
    }

    /**
     * The discovery of a pool, not started.
     *
     * @param tls whether its endpoints speak TLS; static endpoints say so themselves
     * @param endpoints what it fills; nothing else should replace them
     * @throws InvalidSettingException if the source cannot be followed as the settings say
     */
    public Discovery create(PoolSettings pool, boolean tls, EndpointPool endpoints) {
        try {
            if (pool.kubernetes() != null) {
                return onKubernetes(pool.kubernetes(), tls ? "https" : "http", endpoints);
            }
            checkRoles(pool);
            return new StaticDiscovery(endpoints, pool.endpoints());
        } catch (IllegalArgumentException e) {
            throw new InvalidSettingException("pool " + pool.name(), String.valueOf(e.getMessage()));
        }
    }

    /** Of a list that will not change, it is known now whether anybody can serve. */
    private static void checkRoles(PoolSettings pool) {
        List<Endpoint> listed = StaticDiscovery.endpoints(pool.endpoints());
        boolean decodes = listed.stream().anyMatch(endpoint -> endpoint.role().decodes());
        boolean prefills = listed.stream().anyMatch(endpoint -> endpoint.role() != Role.DECODE);
        if (!decodes) {
            throw new IllegalArgumentException(
                    "endpoints: role=prefill alone (expected: one with role=decode or role=both)");
        }
        if (!prefills && !pool.prefillDecode().decodeAlone()) {
            throw new IllegalArgumentException("endpoints: role=decode alone (expected: one with role=prefill, or"
                    + " prefill-decode.decode-alone)");
        }
    }

    private Discovery onKubernetes(KubernetesSettings settings, String scheme, EndpointPool endpoints) {
        return settings.inferencePool() == null
                ? new KubernetesDiscovery(
                        kubernetes.get(), KubernetesSource.of(settings, scheme), endpoints, timing, System::nanoTime)
                : new InferencePoolDiscovery(
                        kubernetes.get(),
                        settings.namespace(),
                        settings.inferencePool(),
                        scheme,
                        endpoints,
                        timing,
                        System::nanoTime);
    }
}
