package dev.warmlane.engines.discovery;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kubernetes resources as an informer knows them. An informer lists, watches, and tries both again with growing delays; when
 * it is replaced, what the old one told stays in force until the new one has listed. Safe to use from any thread.
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
     * @param informers gives an informer that was not started; it must list from the API server's storage, not its cache
     * @param listener hears of all resources after each change, on one thread at a time; it must not block
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

    /** Starts an informer in the place of the one there was, if any; does not wait for it. */
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
                : ResourceVersions.of(current.getStore().list());
    }

    /** Whether a watch is open, for all that the informer can tell. */
    boolean isWatching() {
        SharedIndexInformer<T> current = informer;
        return current != null && current.isWatching();
    }

    /** Stops without waiting; the listener hears nothing after this returns. */
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
        // Before its first list is complete an informer knows only a part.
        if (!closed && source == informer && source.hasSynced()) {
            listener.accept(List.copyOf(source.getStore().list()));
        }
    }

    /** Tells the listener what one informer knows, for as long as that informer is the current one. */
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
            // A resync repeats what is known.
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
