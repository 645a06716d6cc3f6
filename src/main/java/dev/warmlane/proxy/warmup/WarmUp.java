package dev.warmlane.proxy.warmup;

import ch.qos.logback.core.ContextBase;
import ch.qos.logback.core.OutputStreamAppender;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.affinity.StoredResponses;
import dev.warmlane.core.prefix.reuse.CacheUse;
import dev.warmlane.core.vllm.ModelCard;
import dev.warmlane.engines.discovery.DiscoveryFactory;
import dev.warmlane.engines.models.ModelNames;
import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.PoolFactory;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.probe.EndpointReport;
import dev.warmlane.engines.probe.PrefixCacheHistory.PrefixCacheWindows;
import dev.warmlane.proxy.ProxyFactory;
import dev.warmlane.proxy.ShortWay;
import dev.warmlane.proxy.http.ClientConnections;
import dev.warmlane.proxy.http.ClientPipeline;
import dev.warmlane.proxy.http.ExactRoutes;
import dev.warmlane.proxy.local.ErrorHandler;
import dev.warmlane.proxy.outcome.AccessLog;
import dev.warmlane.proxy.outcome.AccessRecord;
import dev.warmlane.proxy.outcome.OutcomeFilter;
import dev.warmlane.proxy.outcome.Pseudonyms;
import dev.warmlane.proxy.outcome.RequestMetrics;
import dev.warmlane.proxy.outcome.RequestMetrics.ModelMetrics;
import dev.warmlane.proxy.outcome.RequestOutcome.OutcomeListener;
import dev.warmlane.settings.AccessLogSettings;
import dev.warmlane.settings.PoolSettings;
import dev.warmlane.settings.WarmlaneSettings;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;

/**
 * Serves requests of its own until the JVM has compiled what they need, or the time is up. It has the settings, the routes and the
 * classes of the gateway, and shares none of its objects: nothing is counted, logged, remembered or limited, and nothing leaves
 * loopback. Blocks the thread that runs it.
 */
public final class WarmUp implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(WarmUp.class);
    private static final String PATH = "/v1/chat/completions";

    /** For how long it drives before it waits for the compiler. */
    private static final long DRIVE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /** What the compiler may have had to do for a drive, if all is compiled. */
    private static final long IDLE_MILLIS = 50;

    /** Fewer requests say nothing of what is left to compile: the JVM counts calls. */
    private static final int LEAST_SERVED = 2000;

    /** The compiler rests if it has finished nothing for as long. */
    private static final int PAUSE_MILLIS = 15;

    private static final int PAUSES = 4;

    /** Of what it remembers. */
    private static final int ENTRIES = 1000;

    private final WarmlaneSettings settings;
    private final Supplier<? extends MeterRegistry> registries;
    private volatile boolean closed;

    /** @param registries makes one of the kind that the gateway counts in */
    public WarmUp(WarmlaneSettings settings, Supplier<? extends MeterRegistry> registries) {
        this.settings = settings;
        this.registries = registries;
    }

    /** Ends it early. */
    @Override
    public void close() {
        closed = true;
    }

    /**
     * Runs it for as long as the settings allow. If it cannot run, the log says why.
     *
     * @param exact the gateway's own
     */
    public void run(ExactRoutes exact) {
        if (settings.warmUp().isZero()) {
            return;
        }
        Route route = exact.find(PATH);
        if (route == null) {
            log.info("no warm-up: no plain route serves {}", PATH);
            return;
        }
        long begun = System.nanoTime();
        try {
            int served = serve(exact, route, begun);
            log.info("warmed up by {} requests in {} ms", served, millisSince(begun));
        } catch (IOException | RuntimeException e) {
            if (!closed) {
                log.warn(
                        "the warm-up ended after {} ms, so the first requests are slower: {}",
                        millisSince(begun),
                        e.toString());
            }
        }
    }

    private static long millisSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }

    private int serve(ExactRoutes exact, Route route, long begun) throws IOException {
        String host = route.getUri().getHost();
        MeterRegistry registry = registries.get();
        try (StandInEngine engine = new StandInEngine();
                Pools pools = pools(PoolSettings.BY_MODEL.equals(host) ? StandInEngine.MODEL : host, engine)) {
            pools.start();
            EndpointReport report = new EndpointReport(
                    null,
                    PrefixCacheWindows.NONE,
                    List.of(new ModelCard(StandInEngine.MODEL, false, "{}")),
                    true,
                    null,
                    null,
                    null);
            ServedModels models =
                    new ServedModels(pools, id -> report, () -> ModelNames.NONE, () -> {}, System::nanoTime);
            try (ProxyFactory proxy = new ProxyFactory(settings, pools, models, responses(), null);
                    AccessLog accessLog = accessLog()) {
                DisposableServer server = server(proxy, registry, accessLog, exact);
                try (Requests requests = new Requests(server.port(), PATH)) {
                    return untilCompiled(
                            requests, pools, begun + settings.warmUp().toNanos());
                } finally {
                    server.disposeNow();
                }
            }
        } finally {
            registry.close();
        }
    }

    private Pools pools(String name, StandInEngine engine) {
        List<String> urls = Arrays.stream(engine.ports())
                .mapToObj(port -> "http://127.0.0.1:" + port)
                .toList();
        DiscoveryFactory discoveries = new DiscoveryFactory(settings.discovery(), () -> {
            throw new IllegalStateException();
        });
        AffinityTable bindings = new AffinityTable(ENTRIES, settings.affinity().ttl(), Ticker.systemTicker());
        return new PoolFactory(settings, bindings, null, discoveries, pool -> null)
                .create(List.of(PoolSettings.ofEndpoints(name, urls)));
    }

    private StoredResponses responses() {
        return new StoredResponses(ENTRIES, settings.affinity().ttl(), Ticker.systemTicker());
    }

    /** Written to nowhere; null where the gateway has none. */
    private @Nullable AccessLog accessLog() throws IOException {
        AccessLogSettings log = settings.accessLog();
        if (!AccessLogSettings.isOn(log.target())) {
            return null;
        }
        OutputStreamAppender<AccessRecord> nowhere = new OutputStreamAppender<>();
        nowhere.setContext(new ContextBase());
        nowhere.setOutputStream(OutputStream.nullOutputStream());
        return new AccessLog(
                nowhere,
                Pseudonyms.random(),
                null,
                log.queue(),
                settings.drain().close(),
                InstantSource.system());
    }

    private DisposableServer server(
            ProxyFactory proxy, MeterRegistry registry, @Nullable AccessLog accessLog, ExactRoutes exact) {
        List<OutcomeListener> listeners = new ArrayList<>();
        listeners.add(new RequestMetrics(registry));
        listeners.add(new ModelMetrics(registry, StandInEngine.MODEL::equals));
        if (accessLog != null) {
            listeners.add(accessLog);
        }
        OutcomeFilter outcomes = new OutcomeFilter(listeners);
        ShortWay way = new ShortWay(
                (request, response) -> Mono.error(new IllegalStateException()),
                List.of(outcomes),
                proxy.filter(registry, failure -> {}),
                new ErrorHandler());
        way.routes(exact);
        return new ClientConnections(settings.drain().firstRequest())
                .follow(HttpServer.create())
                .bindAddress(() -> new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .protocol(HttpProtocol.HTTP11)
                .doOnChannelInit(new ClientPipeline(settings.limits(), false, (id, error) -> {}, server -> server))
                .handle(new ReactorHttpHandlerAdapter(way))
                .bindNow();
    }

    /**
     * Drives and waits in turns, so that where both share a core the compiler gets it, and what is driven next is compiled.
     *
     * @return how many requests were served
     */
    private int untilCompiled(Requests requests, Pools pools, long endNanos) throws IOException {
        CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
        if (compiler == null) {
            return 0;
        }
        int served = 0;
        long spent = Long.MAX_VALUE;
        try {
            while (goesOn(endNanos) && (served < LEAST_SERVED || spent > IDLE_MILLIS)) {
                long before = compiler.getTotalCompilationTime();
                long driveEnd = System.nanoTime() + DRIVE_NANOS;
                while (goesOn(endNanos) && System.nanoTime() - driveEnd < 0) {
                    served += requests.round((int) TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime()) + 1);
                }
                pools.all().forEach(WarmUp::takeIn);
                awaitRest(compiler, endNanos);
                spent = compiler.getTotalCompilationTime() - before;
            }
        } catch (SocketTimeoutException e) {
            log.debug("the time is up", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return served;
    }

    private boolean goesOn(long endNanos) {
        return !closed && System.nanoTime() - endNanos < 0;
    }

    private void awaitRest(CompilationMXBean compiler, long endNanos) throws InterruptedException {
        long total = compiler.getTotalCompilationTime();
        for (int resting = 0; resting < PAUSES && goesOn(endNanos); ) {
            Thread.sleep(PAUSE_MILLIS);
            long now = compiler.getTotalCompilationTime();
            resting = now == total ? resting + 1 : 0;
            total = now;
        }
    }

    /** What {@link dev.warmlane.engines.pool.CacheWatch} does beside requests. */
    private static void takeIn(Pool pool) {
        CacheUse use = pool.router().cacheUse();
        if (use != null) {
            use.work();
        }
    }
}
