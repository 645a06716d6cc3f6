package dev.warmlane.ops.dashboard;

import dev.warmlane.cluster.ReplicaSharing;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.Bindings;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.Router;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.ops.actuator.EndpointStatus;
import dev.warmlane.ops.actuator.VllmEndpoint;
import dev.warmlane.ops.actuator.VllmEndpoint.VllmStatus.PoolStatus;
import dev.warmlane.ops.dashboard.EndpointSampler.EndpointSum;
import dev.warmlane.ops.dashboard.History.Resolution;
import dev.warmlane.ops.dashboard.History.Subject;
import dev.warmlane.ops.dashboard.LiveStatus.LiveEndpoint;
import dev.warmlane.ops.dashboard.LiveStatus.LivePool;
import dev.warmlane.ops.dashboard.PoolView.RecentSums;
import dev.warmlane.ops.dashboard.ProblemCatalogue.ProblemTimes;
import dev.warmlane.settings.WarmlaneSettings.HistorySettings;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import tools.jackson.databind.json.JsonMapper;

/**
 * Samples everything the page shows, a second at a time, and hands it to the pages that are open as one text that is written
 * once. Sampled by one thread; {@link #events} may be called from any.
 */
public final class LiveFeed {
    private static final int SPAN_SECONDS = 60;
    private static final int HISTORY_SECONDS = 10;
    private static final int BINDINGS_SECONDS = 5;

    private final VllmEndpoint overview;
    private final Bindings bindings;
    private final History history;
    private final Diagnosis diagnosis;
    private final InstantSource clock;
    private final List<Sampled> pools = new ArrayList<>();
    private final Sinks.Many<String> events = Sinks.many().multicast().directBestEffort();
    private final ExpiringCertificates certificates;
    private final Replicas replicas;
    private final UnroutedSampler unrouted;
    private final EventLog log;
    private final Map<String, String> severities = new HashMap<>();
    private Map<EndpointId, Long> sessions = Map.of();
    private Map<EndpointId, Long> addresses = Map.of();
    private List<String> expiringBundles = List.of();
    private @Nullable Instant last;
    private long ticks;
    private volatile @Nullable LiveStatus latest;
    private volatile Map<Subject, double[]> latestSums = Map.of();

    /**
     * @param sharing null where this replica is in no cluster
     * @param log gets what changes from one second to the next
     * @param clock the time that people read
     */
    public LiveFeed(
            VllmEndpoint overview,
            Pools all,
            Bindings bindings,
            MeterRegistry registry,
            History history,
            @Nullable ReplicaSharing sharing,
            EventLog log,
            ProblemCatalogue catalogue,
            InstantSource clock) {
        this.overview = overview;
        this.bindings = bindings;
        this.history = history;
        this.diagnosis = new Diagnosis();
        this.clock = clock;
        this.certificates = new ExpiringCertificates(registry);
        this.replicas = new Replicas(sharing);
        Counters counters = new Counters(registry);
        this.unrouted = new UnroutedSampler(counters);
        this.log = log;
        catalogue.entries().forEach(entry -> severities.put(entry.id(), entry.severity()));
        for (Pool pool : all.all()) {
            log.listen(pool);
            pools.add(new Sampled(pool, registry, counters));
        }
    }

    /** An empty history of what the feed records. */
    public static History history(HistorySettings settings) {
        return new History(PoolSum.figures(), EndpointSum.figures(), settings.maxEndpoints());
    }

    /** Takes a sample; once a second. */
    void tick() {
        Instant now = clock.instant();
        double seconds = last == null ? 0 : Math.max(0, (now.toEpochMilli() - last.toEpochMilli()) / 1000.0);
        last = now;
        if (ticks % BINDINGS_SECONDS == 0) {
            sessions = bindings.countByEndpoint();
            addresses = bindings.countByEndpoint(KeySource.CLIENT_IP);
            expiringBundles = certificates.bundles();
        }
        Map<Subject, double[]> sums = new HashMap<>();
        List<LivePool> shown = new ArrayList<>();
        for (Sampled pool : pools) {
            shown.add(live(pool, overview.statusOf(pool.pool), now, seconds, sums));
        }
        Map<Subject, double[]> sumsBefore = latestSums;
        latestSums = sums;
        if (ticks % HISTORY_SECONDS == 0) {
            history.record(now.getEpochSecond(), sums);
            for (Sampled pool : pools) {
                pool.hitRatioOfDay = PoolView.hitRatioOfDay(
                        history.points(Subject.ofPool(pool.pool.name()), Resolution.DAY, now.getEpochSecond()));
            }
        }
        ticks++;
        LiveStatus status = new LiveStatus(now, shown, replicas.exchange(shown), unrouted.add(seconds));
        log.compare(latest, status, sumsBefore, sums, id -> severities.getOrDefault(id, "warning"));
        latest = status;
        if (events.currentSubscriberCount() > 0) {
            events.tryEmitNext(json(status));
        }
    }

    /** The state of now at once, then that of every second. A page that is too slow misses some. */
    Flux<String> events() {
        return Flux.defer(() -> {
            LiveStatus status = latest;
            Flux<String> following = events.asFlux().onBackpressureLatest();
            return status == null ? following : following.startWith(json(status));
        });
    }

    /** What has been added up of an endpoint until now; null if it is unknown. From any thread. */
    double @Nullable [] sums(String pool, String endpoint) {
        return latestSums.get(new Subject(pool, endpoint));
    }

    /** Ends the stream of every page. */
    void complete() {
        events.tryEmitComplete();
    }

    private LivePool live(Sampled pool, PoolStatus status, Instant now, double seconds, Map<Subject, double[]> sums) {
        Router router = pool.pool.router();
        pool.recent.add(pool.sampler.add(status, seconds, sums));
        PoolView view = new PoolView(
                status,
                pool.recent,
                pool.hitRatioOfDay,
                status.endpoints().stream()
                        .mapToLong(endpoint -> addresses.getOrDefault(new EndpointId(endpoint.id()), 0L))
                        .sum(),
                expiringBundles,
                pool.pool);
        List<LiveEndpoint> endpoints = new ArrayList<>(status.endpoints().size());
        for (EndpointStatus endpoint : status.endpoints()) {
            EndpointId id = new EndpointId(endpoint.id());
            endpoints.add(
                    new LiveEndpoint(endpoint, router.inFlight().promptTokens(id), sessions.getOrDefault(id, 0L)));
        }
        return new LivePool(
                status.pool(),
                router.policy().name(),
                status.totals(),
                status.panic(),
                pool.pool.targets(),
                status.totals().prefixCache().hitRatio(),
                view.figures(),
                pool.problems.note(diagnosis.of(view), now),
                endpoints);
    }

    private static String json(LiveStatus status) {
        return JsonMapper.shared().writeValueAsString(status);
    }

    /** A pool and what was sampled of it. */
    private static final class Sampled {
        private final Pool pool;
        private final PoolSampler sampler;
        private final RecentSums recent = new RecentSums(SPAN_SECONDS);
        private final ProblemTimes problems = new ProblemTimes();
        private float hitRatioOfDay = Float.NaN;

        Sampled(Pool pool, MeterRegistry registry, Counters counters) {
            this.pool = pool;
            this.sampler = new PoolSampler(pool.name(), registry, counters, pool.router());
        }
    }

    /** Finds the SSL bundles with a certificate that expires within a week, by the gauges that Spring Boot has of them. */
    static final class ExpiringCertificates {
        private static final String EXPIRY = "ssl.chain.expiry";
        private static final double SOON_DAYS = 7;

        private final MeterRegistry registry;

        ExpiringCertificates(MeterRegistry registry) {
            this.registry = registry;
        }

        /** Their names, in order. */
        List<String> bundles() {
            TreeSet<String> bundles = new TreeSet<>();
            for (TimeGauge gauge : registry.find(EXPIRY).timeGauges()) {
                String bundle = gauge.getId().getTag("bundle");
                if (bundle != null && gauge.value(TimeUnit.DAYS) < SOON_DAYS) {
                    bundles.add(bundle);
                }
            }
            return new ArrayList<>(bundles);
        }
    }
}
