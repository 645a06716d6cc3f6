package dev.warmlane.engines.probe;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.resources.LoopResources;

/**
 * Scrapes every endpoint of the pools, whatever its state, about once an interval. One thread of its own does everything,
 * over connections of its own, so that a slow server takes nothing from requests; reports may be read from any thread.
 * An endpoint has at most one scrape in flight, and all together at most {@link ScrapeSettings#maxConcurrent}.
 *
 * <p>Once an interval, too, it compares itself with the pools' snapshots: a new endpoint is asked at once, one that is
 * gone is forgotten. An endpoint of several pools is scraped once, with the key of the first that lists it.
 */
public final class LoadScraper implements EndpointReports, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LoadScraper.class);

    private final ScrapeSettings settings;
    private final Pools pools;
    private final LoopResources loops = LoopResources.create("warmlane-scrape", 1, true);
    private final Scheduler loop;
    private final ScrapeClient client;
    private final ScrapeRota rota;
    private final Map<EndpointId, EndpointReport> reports = new ConcurrentHashMap<>();
    private final List<Runnable> roundListeners = new CopyOnWriteArrayList<>();
    private final List<Runnable> modelsListeners = new CopyOnWriteArrayList<>();
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * A scraper at rest.
     *
     * @param nanoClock elapsed time in nanoseconds, as of {@link System#nanoTime}
     * @param random spreads the scrapes; used by one thread
     */
    public LoadScraper(ScrapeSettings settings, Pools pools, LongSupplier nanoClock, RandomGenerator random) {
        this.settings = settings;
        this.pools = pools;
        this.loop = Schedulers.fromExecutorService(
                loops.onClient(LoopResources.DEFAULT_NATIVE).next());
        this.client = new ScrapeClient(settings, loops, loop);
        this.rota = new ScrapeRota(settings, client, loop, nanoClock, random, this::publish);
    }

    /** Begins to scrape. To be called once. */
    public void start() {
        loop.schedulePeriodically(this::round, 0, settings.interval().toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public EndpointReport report(EndpointId id) {
        return reports.getOrDefault(id, EndpointReport.NONE);
    }

    /** Calls the listener about once an interval, on the scraper's thread: it must neither block nor take long. */
    public void onRound(Runnable listener) {
        roundListeners.add(listener);
    }

    /** Calls the listener when an endpoint lists other models than before, on the same terms as {@link #onRound}. */
    public void onModels(Runnable listener) {
        modelsListeners.add(listener);
    }

    /** Stops scraping and frees thread and connections, shortly after it returns. The last reports stay. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            loop.schedule(() -> {
                rota.retain(Set.of());
                client.close();
                loops.disposeLater(Duration.ZERO, Duration.ofSeconds(1)).subscribe();
            });
        }
    }

    private void round() {
        if (closed.get()) {
            return;
        }
        Set<EndpointId> listed = new HashSet<>();
        for (Pool pool : pools.all()) {
            for (Endpoint endpoint : pool.endpoints().snapshot().endpoints()) {
                if (listed.add(endpoint.id())) {
                    rota.include(endpoint, pool);
                }
            }
        }
        rota.retain(listed);
        reports.keySet().retainAll(listed);
        tell(roundListeners);
    }

    private static void tell(List<Runnable> listeners) {
        for (Runnable listener : listeners) {
            try {
                listener.run();
            } catch (RuntimeException e) {
                log.warn("listener of scrapes failed", e);
            }
        }
    }

    private void publish(ScrapedEndpoint endpoint) {
        EndpointReport report = endpoint.report();
        EndpointReport before = Objects.requireNonNullElse(reports.put(endpoint.id(), report), EndpointReport.NONE);
        boolean failedBefore = before.error() != null;
        if (report.error() != null && !failedBefore) {
            log.info("endpoint {}: scrape failed: {}", endpoint.name(), report.error());
        } else if (report.error() == null && failedBefore) {
            log.info("endpoint {}: scraped again", endpoint.name());
        }
        if (!report.models().equals(before.models())) {
            tell(modelsListeners);
        }
    }
}
