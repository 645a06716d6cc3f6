package dev.warmlane.engines.discovery;

import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.engines.discovery.DiscoveredPool.DiscoveredEndpoints;
import dev.warmlane.engines.discovery.Discovery.DiscoveryStatus;
import dev.warmlane.engines.discovery.KubernetesSource.RoleLabels;
import dev.warmlane.settings.DiscoverySettings;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows an InferencePool and the pods that it selects; needs get, list and watch on inferencepools and pods of one namespace.
 * When the selector changes, the endpoints stay until the new pods are listed. Without the API server the last known endpoints
 * stay; an InferencePool that does not exist has none.
 */
public final class InferencePoolDiscovery implements Discovery {
    private static final Logger log = LoggerFactory.getLogger(InferencePoolDiscovery.class);

    private final KubernetesClient client;
    private final String namespace;
    private final String name;
    private final EndpointPool pool;
    private final DiscoveredPool discovered;
    private final DiscoverySettings timing;
    private final LongSupplier nanoTime;
    private final String scheme;
    private final DiscoveryHealth health;
    private final WatchGuard<GenericKubernetesResource> watch;
    /** Replaced under the lock, after the watch of the previous selection was closed. */
    private volatile @Nullable Selection selection;

    private volatile boolean published;
    private boolean defined;
    private boolean closed;

    /**
     * @param client is not closed with this
     * @param namespace of the InferencePool and its pods; null: the client's
     * @param name of the InferencePool
     * @param scheme http or https
     * @param pool where the endpoints go; nothing else should replace them
     * @param nanoTime a clock such as {@link System#nanoTime}, for the ages in {@link #status}
     * @throws IllegalArgumentException if there is no namespace
     */
    public InferencePoolDiscovery(
            KubernetesClient client,
            @Nullable String namespace,
            String name,
            String scheme,
            EndpointPool pool,
            DiscoverySettings timing,
            LongSupplier nanoTime) {
        this.client = client;
        this.namespace = KubernetesSource.namespace(namespace, client);
        this.name = name;
        this.scheme = scheme;
        this.pool = pool;
        this.discovered = new DiscoveredPool(pool, nanoTime);
        this.timing = timing;
        this.nanoTime = nanoTime;
        this.health = new DiscoveryHealth(nanoTime);
        this.watch = WatchGuard.following(
                client,
                pool.name(),
                c -> c.genericKubernetesResources(InferencePoolSpec.RESOURCE)
                        .inNamespace(this.namespace)
                        .withField("metadata.name", name),
                this::define,
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

    /** The worse of the InferencePool's and its pods'; stale while the pods of a new selector are being listed. */
    @Override
    public DiscoveryStatus status() {
        Selection current = selection;
        DiscoveryStatus both =
                health.status().and(current == null ? null : current.health().status());
        return published && both.state() == DiscoveryStatus.State.SYNCING
                ? both.withState(DiscoveryStatus.State.STALE)
                : both;
    }

    @Override
    public void close() {
        watch.close();
        synchronized (this) {
            closed = true;
            select(null);
        }
    }

    private synchronized void define(List<GenericKubernetesResource> found) {
        InferencePoolSpec spec = found.isEmpty() ? null : InferencePoolSpec.of(found.get(0));
        InferencePoolSpec before = selection == null ? null : selection.spec();
        if (closed || (defined && Objects.equals(spec, before))) {
            return;
        }
        defined = true;
        select(spec);
        if (spec == null) {
            log.warn(
                    "pool {}: InferencePool {} {} (expected: spec.selector.matchLabels and spec.targetPorts)",
                    pool.name(),
                    name,
                    found.isEmpty() ? "does not exist" : "selects nothing");
            publish(new DiscoveredEndpoints(List.of(), List.of()));
        }
    }

    /** Follows the pods of this selector instead of the previous one's. Called under the lock. */
    private void select(@Nullable InferencePoolSpec spec) {
        if (selection != null) {
            // Its listener is not called again after this, so only one watch publishes at a time.
            selection.pods().close();
        }
        selection = spec == null ? null : follow(spec);
    }

    private Selection follow(InferencePoolSpec spec) {
        DiscoveryHealth podsHealth = new DiscoveryHealth(nanoTime);
        WatchGuard<Pod> pods = WatchGuard.following(
                client,
                pool.name(),
                c -> c.pods().inNamespace(namespace).withLabels(spec.labels()),
                listed -> publish(spec.endpoints(listed, scheme, new RoleLabels(timing.roleLabels()))),
                timing,
                podsHealth);
        pods.start();
        return new Selection(spec, pods, podsHealth);
    }

    private void publish(DiscoveredEndpoints endpoints) {
        discovered.apply(endpoints);
        published = true;
    }

    /** The pods that are followed. */
    private record Selection(InferencePoolSpec spec, WatchGuard<Pod> pods, DiscoveryHealth health) {}
}
