package dev.warmlane.engines.discovery;

import dev.warmlane.settings.DiscoverySettings;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.NamespacedKubernetesClient;
import io.fabric8.kubernetes.client.RequestConfig;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks the watch of a {@link ResourceView}. A watch can fall silent: its connection stays open but brings nothing, because
 * something on the way has dropped it or the API server has lost track of it. So the resources are listed independently now
 * and then and compared with those of the watch, and a silent watch is replaced.
 *
 * @param <T> the kind of resource
 */
final class WatchGuard<T extends HasMetadata> implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(WatchGuard.class);
    // With a limit, an informer lists from the API server's storage; its cache may be older than what is known here.
    private static final long LIST_CHUNK = 500;

    private final String pool;
    private final ResourceView<T> view;
    private final Callable<List<T>> lister;
    private final DiscoverySettings timing;
    private final DiscoveryHealth health;
    /** Used by checks only, of which there is one at a time. */
    private final SilenceDetector silence = new SilenceDetector();
    // One thread lists and the other compares, so that a list that hangs does not stop the checks.
    private final ScheduledThreadPoolExecutor threads;

    /**
     * @param pool for thread names and log lines
     * @param view closed with this
     * @param lister lists the same resources; interrupted after the timeout of the settings
     */
    WatchGuard(
            String pool,
            ResourceView<T> view,
            Callable<List<T>> lister,
            DiscoverySettings timing,
            DiscoveryHealth health) {
        this.pool = pool;
        this.view = view;
        this.lister = lister;
        this.timing = timing;
        this.health = health;
        this.threads = new ScheduledThreadPoolExecutor(2, task -> {
            Thread thread = new Thread(task, "warmlane-discovery-" + pool);
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Follows resources through a client.
     *
     * @param resources which ones
     * @param listener is called with all of them after each change, on one thread at a time; must not block
     */
    static <T extends HasMetadata, L extends KubernetesResourceList<T>> WatchGuard<T> following(
            KubernetesClient client,
            String pool,
            Function<KubernetesClient, FilterWatchListDeletable<T, L, ?>> resources,
            Consumer<List<T>> listener,
            DiscoverySettings timing,
            DiscoveryHealth health) {
        RequestConfig once = new RequestConfigBuilder(client.getConfiguration().getRequestConfig())
                .withRequestTimeout(
                        (int) Math.min(Integer.MAX_VALUE, timing.listTimeout().toMillis()))
                .withRequestRetryBackoffLimit(0)
                .build();
        ResourceView<T> view = new ResourceView<>(
                pool,
                () -> resources
                        .apply(client)
                        .withLimit(LIST_CHUNK)
                        .runnableInformer(timing.resync().toMillis()),
                listener,
                health);
        return new WatchGuard<>(
                pool,
                view,
                () -> client.adapt(NamespacedKubernetesClient.class)
                        .withRequestConfig(once)
                        .call(c -> resources.apply(c).list().getItems()),
                timing,
                health);
    }

    /** Starts the watch and its checks; returns at once, even if the API server cannot be reached. */
    void start() {
        long period = timing.check().toNanos();
        threads.execute(view::renew);
        var unused = threads.scheduleWithFixedDelay(this::check, period, period, TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() {
        view.close();
        threads.shutdownNow();
    }

    private void check() {
        try {
            Map<String, String> listed = ResourceView.versions(list());
            health.listed();
            compare(listed);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            silence.reset();
            if (health.unlisted(e)) {
                log.warn(
                        "pool {}: {}; keeping the last known endpoints",
                        pool,
                        health.status().lastError());
            }
        }
    }

    private List<T> list() throws Exception {
        Duration timeout = timing.listTimeout();
        Future<List<T>> listing = threads.submit(lister);
        try {
            return listing.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException late) {
            throw new IOException("no response to a list within " + timeout);
        } finally {
            listing.cancel(true);
        }
    }

    private void compare(Map<String, String> listed) {
        switch (silence.compare(listed, view.versions(), view.isWatching())) {
            case FOLLOWING -> {
                if (health.confirmed()) {
                    log.info("pool {}: following the API server again", pool);
                }
                view.repeat();
            }
            case SILENT -> {
                health.restarted("the watch ended or brought nothing new");
                log.warn("pool {}: {}; starting another", pool, health.status().lastError());
                view.renew();
            }
            case LATE -> {
                // The next check shows whether it was only late.
            }
        }
    }

    /**
     * Tells a late watch from a silent one by comparing it with independent lists. A list and an event that cross make them differ
     * for a moment, and under constant change at every list; so a watch counts as silent only if it differs twice in a row and
     * brought nothing in between. For one thread.
     */
    static final class SilenceDetector {
        /** How a watch compares with a list. */
        enum Verdict {
            /** The watch is open and agrees with the list. */
            FOLLOWING,
            /** They differ, or the watch is closed; the next list decides. */
            LATE,
            /** They differed at the last list too, and nothing has come since. */
            SILENT
        }

        private @Nullable Map<String, String> suspect;

        /**
         * Compares a list with the watch.
         *
         * @param listed the version of each resource that the list has, by name
         * @param known the same from the watch
         * @param watching whether the watch is open
         */
        Verdict compare(Map<String, String> listed, Map<String, String> known, boolean watching) {
            if (watching && known.equals(listed)) {
                suspect = null;
                return Verdict.FOLLOWING;
            }
            if (known.equals(suspect)) {
                suspect = null;
                return Verdict.SILENT;
            }
            suspect = Map.copyOf(known);
            return Verdict.LATE;
        }

        /** Forgets the last comparison, because a list has failed. */
        void reset() {
            suspect = null;
        }
    }
}
