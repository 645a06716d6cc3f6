package dev.warmlane.discovery;

import dev.warmlane.endpoint.Endpoint;
import dev.warmlane.endpoint.EndpointId;
import dev.warmlane.endpoint.EndpointPool;
import dev.warmlane.endpoint.EndpointState;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.NamespacedKubernetesClient;
import io.fabric8.kubernetes.client.RequestConfig;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a pool equal to the endpoints that a Kubernetes source lists. It needs get, list and watch on the EndpointSlices of
 * one namespace, nothing else. The pool changes on a thread of the Kubernetes client, one change at a time; what the API
 * server does not say never changes it, so losing the server keeps the last known endpoints.
 */
public final class KubernetesDiscovery implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(KubernetesDiscovery.class);
    // Any limit makes an informer list from the API server's storage: its cache may be older than what we already know.
    private static final long LIST_CHUNK = 500;

    private final KubernetesSource source;
    private final EndpointPool pool;
    private final DiscoveryHealth health;
    private final WatchGuard<EndpointSlice> watch;
    private @Nullable DiscoveredEndpoints last;

    /**
     * @param client stays open when this closes
     * @param pool where the endpoints go; nothing else should replace them
     * @param nanoTime a clock such as {@link System#nanoTime}, for the ages in the status
     * @throws IllegalArgumentException if neither the source nor the client names a namespace
     */
    public KubernetesDiscovery(
            KubernetesClient client,
            KubernetesSource source,
            EndpointPool pool,
            DiscoveryTiming timing,
            LongSupplier nanoTime) {
        this.source = source;
        this.pool = pool;
        this.health = new DiscoveryHealth(nanoTime);
        String namespace = source.namespace() == null ? client.getNamespace() : source.namespace();
        if (namespace == null) {
            throw new IllegalArgumentException("namespace: none (expected: a namespace, outside of a cluster)");
        }
        RequestConfig once = new RequestConfigBuilder(client.getConfiguration().getRequestConfig())
                .withRequestTimeout(
                        (int) Math.min(Integer.MAX_VALUE, timing.listTimeout().toMillis()))
                .withRequestRetryBackoffLimit(0)
                .build();
        ResourceView<EndpointSlice> view = new ResourceView<>(
                pool.name(),
                () -> slices(client, namespace)
                        .withLimit(LIST_CHUNK)
                        .runnableInformer(timing.resync().toMillis()),
                this::apply,
                health);
        this.watch = new WatchGuard<>(
                pool.name(),
                view,
                () -> client.adapt(NamespacedKubernetesClient.class)
                        .withRequestConfig(once)
                        .call(c -> slices(c, namespace).list().getItems()),
                timing,
                health);
    }

    private FilterWatchListDeletable<EndpointSlice, EndpointSliceList, Resource<EndpointSlice>> slices(
            KubernetesClient client, String namespace) {
        return client.discovery()
                .v1()
                .endpointSlices()
                .inNamespace(namespace)
                .withLabelSelector(source.labelSelector());
    }

    /** Starts to follow the source and returns at once; call it one time. */
    public void start() {
        watch.start();
    }

    /** How well the source is followed right now. Callable from any thread; does not block. */
    public DiscoveryStatus status() {
        return health.status();
    }

    /** Stops following the source; the pool stays as it is. */
    @Override
    public void close() {
        watch.close();
    }

    /** Called by one thread at a time. */
    private void apply(List<EndpointSlice> slices) {
        DiscoveredEndpoints before = last;
        DiscoveredEndpoints now = EndpointSlices.read(slices, source.port(), source.scheme());
        if (now.equals(before)) {
            return;
        }
        last = now;
        now.warnings().stream()
                .filter(warning -> before == null || !before.warnings().contains(warning))
                .forEach(warning -> log.warn("pool {}: {}", pool.name(), warning));
        if (before == null || !now.endpoints().equals(before.endpoints())) {
            pool.replace(now.endpoints());
            logChange(before == null ? List.of() : before.endpoints(), now.endpoints());
        }
    }

    private void logChange(List<Endpoint> before, List<Endpoint> now) {
        Set<EndpointId> added = ids(now);
        added.removeAll(ids(before));
        Set<EndpointId> removed = ids(before);
        removed.removeAll(ids(now));
        log.info(
                "pool {}: {} endpoints, {} ready, {} draining, {} unready ({} added, {} removed)",
                pool.name(),
                now.size(),
                count(now, EndpointState.READY),
                count(now, EndpointState.DRAINING),
                count(now, EndpointState.UNREADY),
                added.size(),
                removed.size());
    }

    private static Set<EndpointId> ids(List<Endpoint> endpoints) {
        return endpoints.stream().map(Endpoint::id).collect(Collectors.toCollection(HashSet::new));
    }

    private static long count(List<Endpoint> endpoints, EndpointState state) {
        return endpoints.stream().filter(endpoint -> endpoint.state() == state).count();
    }
}
