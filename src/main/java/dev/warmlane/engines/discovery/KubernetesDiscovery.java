package dev.warmlane.engines.discovery;

import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.engines.discovery.Discovery.DiscoveryStatus;
import dev.warmlane.engines.discovery.KubernetesSource.RoleLabels;
import dev.warmlane.settings.DiscoverySettings;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.function.LongSupplier;

/**
 * Follows the EndpointSlices of one namespace; needs get, list and watch on them and nothing else. The pool is updated on a
 * thread of the Kubernetes client, one update at a time. Without the API server it keeps the last known endpoints.
 */
public final class KubernetesDiscovery implements Discovery {
    private final DiscoveryHealth health;
    private final WatchGuard<EndpointSlice> watch;

    /**
     * @param client is not closed with this
     * @param pool where the endpoints go; nothing else should replace them
     * @param nanoTime a clock such as {@link System#nanoTime}, for the ages in {@link #status}
     * @throws IllegalArgumentException if neither the source nor the client names a namespace
     */
    public KubernetesDiscovery(
            KubernetesClient client,
            KubernetesSource source,
            EndpointPool pool,
            DiscoverySettings timing,
            LongSupplier nanoTime) {
        this.health = new DiscoveryHealth(nanoTime);
        String namespace = KubernetesSource.namespace(source.namespace(), client);
        DiscoveredPool discovered = new DiscoveredPool(pool, nanoTime);
        RoleLabels roles = new RoleLabels(timing.roleLabels());
        this.watch = WatchGuard.following(
                client,
                pool.name(),
                c -> c.discovery()
                        .v1()
                        .endpointSlices()
                        .inNamespace(namespace)
                        .withLabelSelector(source.labelSelector()),
                slices -> discovered.apply(EndpointSlices.read(slices, source.port(), source.scheme(), roles)),
                timing,
                health);
    }

    @Override
    public String source() {
        return KubernetesSource.LABEL;
    }

    @Override
    public void start() {
        watch.start();
    }

    @Override
    public DiscoveryStatus status() {
        return health.status();
    }

    @Override
    public void close() {
        watch.close();
    }
}
