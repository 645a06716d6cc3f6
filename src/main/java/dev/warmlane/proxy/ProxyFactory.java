package dev.warmlane.proxy;

import dev.warmlane.core.affinity.StoredResponses;
import dev.warmlane.engines.client.EngineClient.HeaderLimits;
import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.proxy.ResponseWriter.ResponseHeaders;
import dev.warmlane.proxy.VllmRoutingFilter.StreamLimit;
import dev.warmlane.proxy.access.AccessControl;
import dev.warmlane.proxy.access.ClientRights;
import dev.warmlane.proxy.body.BodyReader;
import dev.warmlane.proxy.body.BufferedBody.BodyBudget;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.error.FailureLog;
import dev.warmlane.proxy.http.ConnectionLimit.FileDescriptors;
import dev.warmlane.proxy.outcome.Pseudonyms;
import dev.warmlane.proxy.prewarm.CacheWarmer;
import dev.warmlane.proxy.upstream.AttemptsUnderWay;
import dev.warmlane.proxy.upstream.UpstreamClient;
import dev.warmlane.settings.AccessLogSettings;
import dev.warmlane.settings.LimitSettings;
import dev.warmlane.settings.WarmlaneSettings;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Assembles the proxy, so that its parts need not be public. Closing it closes all connections to endpoints. */
public final class ProxyFactory implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Failover.class);

    private final WarmlaneSettings settings;
    private final BodyBudget budget;
    private final BodyReader bodies;
    private final NamedModels names;
    private final ExchangeReader requests;
    private final Explainer explainer;
    private final Pools pools;
    private final ServedModels models;
    private final UpstreamClient upstream;
    private @Nullable CacheWarmer warmer;
    /** Its thread begins with the first copy. */
    private final Scheduler mirroring = Schedulers.newSingle("warmlane-mirrors", true);

    /**
     * @param responses which endpoint made each stored response
     * @param access who may come in; null: everybody
     */
    public ProxyFactory(
            WarmlaneSettings settings,
            Pools pools,
            ServedModels models,
            StoredResponses responses,
            @Nullable AccessControl access) {
        this.settings = settings;
        this.pools = pools;
        this.models = models;
        LimitSettings limits = settings.limits();
        this.upstream = new UpstreamClient(
                settings.upstream(),
                new HeaderLimits(Math.toIntExact(limits.headers().toBytes()), limits.headerCount()));
        int largest = (int) limits.body().toBytes();
        this.budget = BodyBudget.of(limits.bufferedBodies().toBytes(), largest);
        this.bodies = new BodyReader(largest, budget, limits.requestDecompression());
        PoolSelector selector = new PoolSelector(pools, models, responses);
        AffinityKeyResolver keys = new AffinityKeyResolver(settings.affinity());
        ClientRights rights = access == null ? null : access.rights();
        this.names = new NamedModels(selector, pools, models, keys, rights);
        RoutingRequestReader routing = new RoutingRequestReader(selector, keys, responses);
        this.requests = new ExchangeReader(
                selector,
                names,
                routing,
                keys,
                responses,
                settings.usage().request(),
                AccessLogSettings.isOn(settings.accessLog().target()),
                rights);
        this.explainer = new Explainer(bodies, requests, routing, selector, names, rights);
    }

    /** The filter that serves the routes; to be asked for once. What endpoints do wrong goes to the log. */
    public VllmRoutingFilter filter(MeterRegistry registry) {
        return filter(registry, log::warn);
    }

    /** @param failures is told what endpoints do wrong, in lines for a log */
    public VllmRoutingFilter filter(MeterRegistry registry, Consumer<String> failures) {
        budget.registerWith(registry);
        ProxyMetrics metrics = new ProxyMetrics(registry, pools);
        FailureLog log = new FailureLog(failures, System::nanoTime);
        Retries retries = new Retries(
                settings.retry(),
                metrics,
                () -> ThreadLocalRandom.current().nextDouble(),
                System::nanoTime,
                named -> names.next(named) != null);
        AttemptsUnderWay attempts = new AttemptsUnderWay(settings.health());
        pools.all().forEach(pool -> pool.health().addListener(attempts));
        LimitSettings limits = settings.limits();
        UpstreamRequests upstreamRequests = new UpstreamRequests(
                AffinityKeyResolver.addresses(settings.affinity().clientIp()));
        ResponseHeaders responseHeaders = new ResponseHeaders(
                settings.responseHeaders(),
                settings.endpointSalt().isEmpty() ? null : Pseudonyms.of(settings.endpointSalt()),
                settings.upstream().droppedHeaders());
        PrefillLegs prefills = new PrefillLegs(
                upstream, attempts, settings.upstream().connectTimeout(), upstreamRequests, retries, metrics, log);
        Failover failover = new Failover(
                prefills,
                upstream,
                attempts,
                settings.upstream().connectTimeout(),
                upstreamRequests,
                new ErrorResponses(models, retries, settings.upstream().refusalTimeout()),
                new ResponseWriter(
                        responseHeaders, retries, log, settings.retry().hold()),
                new WebSocketRelay(settings, budget, responseHeaders, retries, log),
                new Dispatcher(settings.queue(), metrics),
                retries,
                metrics,
                log,
                Schedulers.parallel());
        StreamLimit streams = new StreamLimit(
                Math.min(limits.streams(), FileDescriptors.of(limits).forEngines()));
        if (pools.all().stream().anyMatch(pool -> pool.prewarming() != null)) {
            warmer = new CacheWarmer(upstream, pools, registry);
        }
        Mirrors mirrors = new Mirrors(upstream, requests, upstreamRequests, budget, mirroring, registry);
        return new VllmRoutingFilter(streams, bodies, requests, failover, retries, mirrors);
    }

    /** Ends every request that waits or is at an engine: its client gets an error that says that the gateway shuts down. */
    public void endResponses() {
        // First, or they would be let in where the others end.
        pools.all().forEach(pool -> pool.queue().close());
        upstream.end(ApiException.shuttingDown());
    }

    /** Decides for requests without sending them. */
    public Explainer explainer() {
        return explainer;
    }

    @Override
    public void close() {
        if (warmer != null) {
            warmer.close();
        }
        upstream.close();
        mirroring.dispose();
    }
}
