package dev.warmlane.engines.discovery;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kubernetes resources as an informer knows them. An informer lists and watches, and retries both with growing delays. When it
 * is replaced, the last known resources stay until the new one has listed. Safe for concurrent use.
 *
 * @param <T> the kind of resource
 */
final class ResourceView<T extends HasMetadata> implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ResourceView.class);

    private final String pool;
    private final Supplier<SharedIndexInformer<T>> informers;
    private final Consumer<List<T>> listener;
    private final DiscoveryHealth health;
    private volatile @Nullable SharedIndexInformer<T> informer;
    private boolean closed;

    /**
     * @param pool for log lines
     * @param informers makes an informer, not started, that lists from the API server's storage, not its cache
     * @param listener is called with all resources after each change, on one thread at a time; must not block
     */
    ResourceView(
            String pool,
            Supplier<SharedIndexInformer<T>> informers,
            Consumer<List<T>> listener,
            DiscoveryHealth health) {
        this.pool = pool;
        this.informers = informers;
        this.listener = listener;
        this.health = health;
    }

    /** Starts a new informer in place of the current one, if any; returns at once. */
    void renew() {
        SharedIndexInformer<T> next = informers.get();
        next.addEventHandler(new Publisher(next));
        next.exceptionHandler((started, cause) -> {
            if (next == informer && health.failed(cause)) {
                log.warn("pool {}: {}; trying again", pool, health.status().lastError());
            }
            return true;
        });
        SharedIndexInformer<T> previous;
        synchronized (this) {
            if (closed) {
                return;
            }
            previous = informer;
            informer = next;
        }
        if (previous != null) {
            previous.stop();
        }
        next.start();
    }

    /** The version of each resource that the informer knows, by name; empty before its first list. */
    Map<String, String> versions() {
        SharedIndexInformer<T> current = informer;
        return current == null || !current.hasSynced()
                ? Map.of()
                : versions(current.getStore().list());
    }

    /** UID and version of each resource, by {@code namespace/name}: tells two lists apart without comparing contents. */
    static Map<String, String> versions(List<? extends HasMetadata> resources) {
        return resources.stream()
                .map(HasMetadata::getMetadata)
                .collect(Collectors.toUnmodifiableMap(
                        meta -> meta.getNamespace() + "/" + meta.getName(),
                        meta -> meta.getUid() + "@" + meta.getResourceVersion()));
    }

    /** Calls the listener again with what is known. */
    void repeat() {
        SharedIndexInformer<T> current = informer;
        if (current != null) {
            publish(current);
        }
    }

    /** Whether a watch is open, as far as the informer knows. */
    boolean isWatching() {
        SharedIndexInformer<T> current = informer;
        return current != null && current.isWatching();
    }

    /** Stops without waiting; the listener is not called again after this returns. */
    @Override
    public void close() {
        SharedIndexInformer<T> last;
        synchronized (this) {
            closed = true;
            last = informer;
        }
        if (last != null) {
            last.stop();
        }
    }

    private synchronized void publish(SharedIndexInformer<T> source) {
        // Until its first list is complete, an informer knows only some of the resources.
        if (!closed && source == informer && source.hasSynced()) {
            listener.accept(List.copyOf(source.getStore().list()));
        }
    }

    /** Calls the listener for one informer, as long as that is the current one. */
    private final class Publisher implements ResourceEventHandler<T> {
        private final SharedIndexInformer<T> source;

        Publisher(SharedIndexInformer<T> source) {
            this.source = source;
        }

        @Override
        public void onList(String resourceVersion, boolean remainedEmpty) {
            publish(source);
            health.synced();
        }

        @Override
        public void onAdd(T added) {
            health.changed();
            publish(source);
        }

        @Override
        public void onUpdate(T before, T after) {
            // A resync repeats known resources.
            if (before != after) {
                health.changed();
            }
            publish(source);
        }

        @Override
        public void onDelete(T deleted, boolean finalStateUnknown) {
            health.changed();
            publish(source);
        }
    }
}
