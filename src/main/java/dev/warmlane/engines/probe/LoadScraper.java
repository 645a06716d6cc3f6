package dev.warmlane.engines.probe;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.vllm.EngineVersion;
import dev.warmlane.core.vllm.ModelCard;
import dev.warmlane.core.vllm.VllmMetrics;
import dev.warmlane.engines.pool.EndpointNews;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.probe.EndpointReport.EndpointReports;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import reactor.core.Disposable;

/**
 * Scrapes every server of the pools, whatever its state, about once an interval, or about half as often while it has nothing to do. Tells the
 * pools how many data-parallel ranks it has, and when its process is another one than before. A new one is asked at once, one that is
 * gone is forgotten. A server of several pools is scraped once, with the key of the first that lists it. Reports may be read from any
 * thread.
 */
public final class LoadScraper implements EndpointReports, AutoCloseable {
    /** The longest metrics body that is read, unless said otherwise. */
    public static final int MAX_METRICS_BYTES = 8 << 20;

    private static final Logger log = LoggerFactory.getLogger(LoadScraper.class);

    /** The first release of which every patch lets a request say which rank is to compute it. */
    private static final EngineVersion RANKS_NAMED_SINCE = new EngineVersion(0, 12);

    private final ProbeTiming timing;
    private final Pools pools;
    private final EndpointNews news;
    private final LongSupplier nanoClock;
    private final ProbeClient client;
    private final ScrapeClient scrapes;
    private final Poller<EndpointId, Target> poller;
    private final Map<EndpointId, EndpointKnowledge> knowledge = new HashMap<>();
    private final Map<EndpointId, EndpointReport> reports = new ConcurrentHashMap<>();
    private final List<Runnable> roundListeners = new CopyOnWriteArrayList<>();
    private final List<Runnable> modelsListeners = new CopyOnWriteArrayList<>();
    private final List<Consumer<EndpointId>> unreachableListeners = new CopyOnWriteArrayList<>();

    private List<EndpointSnapshot> snapshots = List.of();
    private Map<EndpointId, Target> listed = Map.of();

    private volatile long modelsWantedNanos;

    private record Target(Pool pool, Endpoint endpoint) {}

    /**
     * A scraper at rest.
     *
     * @param modelsInterval from one look at an endpoint's models and version to the next
     * @param maxMetricsBytes the longest metrics body that is read
     * @param nanoClock elapsed time in nanoseconds, as of {@link System#nanoTime}
     * @param random spreads the scrapes; used by one thread
     */
    public LoadScraper(
            ProbeTiming timing,
            Duration modelsInterval,
            int maxMetricsBytes,
            Pools pools,
            LongSupplier nanoClock,
            RandomGenerator random) {
        this.timing = timing;
        this.pools = pools;
        this.nanoClock = nanoClock;
        this.news = new EndpointNews(log, "", nanoClock);
        this.roundListeners.add(news::write);
        this.client = new ProbeClient("warmlane-scrape", timing);
        this.scrapes = new ScrapeClient(client, modelsInterval, maxMetricsBytes);
        this.modelsWantedNanos = nanoClock.getAsLong();
        this.poller =
                new Poller<>(timing, 0, client.loop(), nanoClock, random, this::listed, this::scrape, this::rests);
    }

    /** Begins to scrape. To be called once. */
    public void start() {
        poller.start();
        var unused = client.loop()
                .scheduleAtFixedRate(
                        () -> tell(roundListeners), 0, timing.interval().toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Has every endpoint asked for its models at its next scrape, whether it is due or not. From any thread. */
    public void askForModels() {
        modelsWantedNanos = nanoClock.getAsLong();
    }

    @Override
    public EndpointReport report(EndpointId id) {
        EndpointReport report = reports.getOrDefault(id.server(), EndpointReport.NONE);
        return id.isRank() ? report.ofRank(id.rank()) : report;
    }

    /** Calls the listener once an interval, on the scraper's thread: it must neither block nor take long. */
    public void onRound(Runnable listener) {
        roundListeners.add(listener);
    }

    /** Calls the listener when an endpoint lists other models than before, on the same terms as {@link #onRound}. */
    public void onModels(Runnable listener) {
        modelsListeners.add(listener);
    }

    /** Calls the listener when connecting to an endpoint fails, on the same terms as {@link #onRound}. */
    public void onUnreachable(Consumer<EndpointId> listener) {
        unreachableListeners.add(listener);
    }

    /** Stops scraping and frees thread and connections, shortly after it returns. The last reports stay. */
    @Override
    public void close() {
        client.close(poller::stop);
    }

    private Map<EndpointId, Target> listed() {
        List<EndpointSnapshot> now = pools.snapshots();
        if (now.equals(snapshots)) {
            return listed;
        }
        snapshots = now;
        listed = new LinkedHashMap<>();
        for (Pool pool : pools.all()) {
            for (Endpoint endpoint : pool.endpoints().snapshot().endpoints()) {
                listed.putIfAbsent(endpoint.id().server(), new Target(pool, endpoint.server()));
            }
        }
        knowledge.keySet().retainAll(listed.keySet());
        reports.keySet().retainAll(listed.keySet());
        return listed;
    }

    /** Whether it is at rest and nobody wants to know its models. One that sleeps is asked on, as it is to be back soon after it wakes. */
    private boolean rests(Target target) {
        EndpointId server = target.endpoint().id();
        EndpointKnowledge known = knowledge.get(server);
        return known != null && !known.areModelsWanted(modelsWantedNanos) && isAtRest(server);
    }

    /**
     * Whether an endpoint had nothing to do when it was scraped last, without a failure, and has got nothing from here since. From
     * any thread.
     */
    public boolean isAtRest(EndpointId server) {
        EndpointReport report = reports.get(server);
        if (report == null || !report.isIdle()) {
            return false;
        }
        long scrapedNanos = Objects.requireNonNull(report.scrapedAtNanos());
        for (Pool pool : pools.all()) {
            if (pool.isUsedSince(server, report.ranks().size(), scrapedNanos)) {
                return false;
            }
        }
        return true;
    }

    private Disposable scrape(Target target, Runnable ended) {
        Endpoint endpoint = target.endpoint();
        EndpointKnowledge known = knowledge.computeIfAbsent(endpoint.id(), added -> new EndpointKnowledge(nanoClock));
        return scrapes.scrape(target.pool(), endpoint.uri(), known, modelsWantedNanos, new ScrapeClient.Heard() {
            @Override
            public void learned() {
                tell(() -> {
                    tellRestart(endpoint.id(), known.takeRestart());
                    publish(endpoint, known.report());
                });
            }

            @Override
            public void unreachable() {
                unreachableListeners.forEach(listener -> tell(() -> listener.accept(endpoint.id())));
            }

            @Override
            public void ended() {
                ended.run();
            }
        });
    }

    private void tellRestart(EndpointId server, @Nullable Long formerUntilNanos) {
        if (formerUntilNanos != null) {
            pools.all().forEach(pool -> pool.health().caches().restarted(server, formerUntilNanos));
        }
    }

    private void publish(Endpoint endpoint, EndpointReport report) {
        EndpointReport before = Objects.requireNonNullElse(reports.put(endpoint.id(), report), EndpointReport.NONE);
        tellRanks(endpoint.id(), report);
        boolean failedBefore = before.error() != null;
        if (report.error() != null && !failedBefore) {
            news.add(Level.INFO, endpoint.name(), "scrape failed", "", report.error());
        } else if (report.error() == null && failedBefore) {
            news.add(Level.INFO, endpoint.name(), "scraped again", "", null);
        }
        if (!ids(report).equals(ids(before))) {
            tell(modelsListeners);
        }
    }

    private void tellRanks(EndpointId server, EndpointReport report) {
        VllmMetrics metrics = report.metrics();
        EngineVersion version = EngineVersion.parse(report.version());
        if (metrics == null || (version == null && !report.modelsAnswered())) {
            return;
        }
        boolean named = version == null || version.compareTo(RANKS_NAMED_SINCE) >= 0;
        int number = named ? Math.max(1, metrics.ranks().size()) : 1;
        boolean changed = false;
        for (Pool pool : pools.all()) {
            if (pool.endpoints().ranks(server, number)) {
                log.info("pool {}: endpoint {}: {} data-parallel ranks", pool.name(), server, number);
                changed = true;
            }
        }
        if (changed) {
            tell(roundListeners);
        }
    }

    /** Cards have times in them, so that no two are equal. */
    private static List<String> ids(EndpointReport report) {
        return report.models().stream().map(ModelCard::id).toList();
    }

    private static void tell(List<Runnable> listeners) {
        listeners.forEach(LoadScraper::tell);
    }

    /** Whatever becomes of a listener, the others are told and the scrape ends. */
    private static void tell(Runnable listener) {
        try {
            listener.run();
        } catch (RuntimeException e) {
            log.warn("listener of scrapes failed", e);
        }
    }
}
