package dev.warmlane.proxy;

import dev.warmlane.scrape.ServedModels;
import dev.warmlane.settings.UpstreamSettings;
import dev.warmlane.settings.WarmlaneSettings;
import io.micrometer.core.instrument.MeterRegistry;
import reactor.netty.resources.ConnectionProvider;

/** Puts the parts of the proxy together, so that they need not be public. */
public final class ProxyFactory {
    private final WarmlaneSettings settings;
    private final BodyReader bodies;
    private final ExchangeReader requests;

    public ProxyFactory(WarmlaneSettings settings, RoutedPools pools, ServedModels models) {
        this.settings = settings;
        this.bodies = new BodyReader((int) settings.limits().body().toBytes());
        this.requests = new ExchangeReader(
                new PoolSelector(pools, models),
                new AffinityKeyResolver(settings.affinity()),
                settings.usage().request());
    }

    /** The connections to all endpoints; the caller disposes of them. */
    public static ConnectionProvider connections(UpstreamSettings settings) {
        return UpstreamClient.connections(settings);
    }

    public VllmRoutingFilter filter(ConnectionProvider connections, MeterRegistry registry) {
        return new VllmRoutingFilter(
                bodies,
                requests,
                UpstreamClient.create(settings.upstream(), connections),
                new AnswerWriter(settings.responseHeaders()),
                new ProxyMetrics(registry),
                settings.retry().maxRetries());
    }

    public Explainer explainer() {
        return new Explainer(bodies, requests);
    }
}
