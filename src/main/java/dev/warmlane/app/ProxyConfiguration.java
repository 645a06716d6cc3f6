package dev.warmlane.app;

import dev.warmlane.core.affinity.StoredResponses;
import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.ops.actuator.EndpointsHealthIndicator.DiscoveryHealthIndicator;
import dev.warmlane.ops.actuator.EndpointsHealthIndicator.ModelsHealthIndicator;
import dev.warmlane.proxy.Explainer;
import dev.warmlane.proxy.ProxyFactory;
import dev.warmlane.proxy.VllmRoutingFilter;
import dev.warmlane.proxy.access.AccessControl;
import dev.warmlane.proxy.error.FailureLog.LateErrors;
import dev.warmlane.proxy.http.ClientConnections;
import dev.warmlane.proxy.http.ClientPipeline;
import dev.warmlane.proxy.http.Drain;
import dev.warmlane.proxy.local.CorsFilter;
import dev.warmlane.proxy.local.ErrorHandler;
import dev.warmlane.proxy.local.ModelsHandler;
import dev.warmlane.proxy.local.ProbeFilter;
import dev.warmlane.proxy.local.Unrouted;
import dev.warmlane.proxy.outcome.OutcomeFilter;
import dev.warmlane.proxy.outcome.Rejections;
import dev.warmlane.proxy.outcome.RequestMetrics;
import dev.warmlane.proxy.outcome.RequestMetrics.ModelMetrics;
import dev.warmlane.proxy.outcome.RequestOutcome.OutcomeListener;
import dev.warmlane.proxy.warmup.WarmUp;
import dev.warmlane.settings.AuthSettings.CorsSettings;
import dev.warmlane.settings.WarmlaneSettings;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.cloud.gateway.route.RouteLocator;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.netty.http.HttpProtocol;

/** What serves the public port, and how it goes out of service. */
@Configuration(proxyBeanMethods = false)
class ProxyConfiguration {

    @Bean
    ProxyFactory proxyFactory(
            WarmlaneSettings settings,
            Pools pools,
            ServedModels models,
            StoredResponses responses,
            ObjectProvider<AccessControl> access) {
        return new ProxyFactory(settings, pools, models, responses, access.getIfAvailable());
    }

    @Bean
    VllmRoutingFilter vllmRoutingFilter(ProxyFactory proxy, MeterRegistry registry) {
        return proxy.filter(registry);
    }

    @Bean
    Explainer explainer(ProxyFactory proxy) {
        return proxy.explainer();
    }

    @Bean
    ErrorHandler errorHandler() {
        LateErrors.logUntold();
        return new ErrorHandler();
    }

    @Bean
    RequestMetrics requestMetrics(MeterRegistry registry) {
        return new RequestMetrics(registry);
    }

    @Bean
    Rejections rejections(MeterRegistry registry, Pools pools) {
        return new Rejections(registry, pools.all().stream().map(Pool::name).toList());
    }

    @Bean
    ModelMetrics modelMetrics(MeterRegistry registry, ServedModels models) {
        return new ModelMetrics(registry, models::isServed);
    }

    @Bean
    OutcomeFilter outcomeFilter(List<OutcomeListener> listeners) {
        return new OutcomeFilter(listeners);
    }

    @Bean
    RouterFunction<ServerResponse> modelsRoute(ServedModels models) {
        ModelsHandler handler = new ModelsHandler(models);
        return RouterFunctions.route()
                .GET("/v1/models", handler::list)
                .HEAD("/v1/models", handler::list)
                .GET("/v1/models/{*id}", ModelsHandler::namesOne, handler::one)
                .HEAD("/v1/models/{*id}", ModelsHandler::namesOne, handler::one)
                .build();
    }

    @Bean
    Unrouted unrouted(RouteLocator routes, ObjectProvider<ProbeFilter> probes) {
        return new Unrouted(routes, probes.getIfAvailable() != null);
    }

    /** Only where an origin is allowed. */
    static final class CorsEnabled implements Condition {
        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            return !Binder.get(context.getEnvironment())
                    .bindOrCreate("warmlane.cors", Bindable.of(CorsSettings.class))
                    .allowedOrigins()
                    .isEmpty();
        }
    }

    @Bean
    @Conditional(CorsEnabled.class)
    CorsFilter corsFilter(WarmlaneSettings settings) {
        return new CorsFilter(settings.cors());
    }

    @Bean
    @ConditionalOnBooleanProperty(name = "warmlane.probes", matchIfMissing = true)
    ProbeFilter probeFilter(
            ApplicationAvailability availability, DiscoveryHealthIndicator discovery, ModelsHealthIndicator models) {
        return new ProbeFilter(() -> availability.getReadinessState() == ReadinessState.ACCEPTING_TRAFFIC
                && discovery.health().getStatus().equals(Status.UP)
                && models.health().getStatus().equals(Status.UP));
    }

    @Bean
    WarmUp warmUp(WarmlaneSettings settings) {
        return new WarmUp(settings, () -> new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
    }

    /** Readiness waits for it; probing goes on meanwhile. */
    @Bean
    @Order
    ApplicationRunner warmUpRunner(WarmUp warmUp, ShortWayConfiguration.ShortWayOpener shortWay) {
        return arguments -> warmUp.run(shortWay.exactRoutes());
    }

    @Bean
    WebServerFactoryCustomizer<NettyReactiveWebServerFactory> publicPort(
            WarmlaneSettings settings,
            List<OutcomeListener> listeners,
            ClientConnections connections,
            @Value("${server.http2.enabled:false}") boolean http2) {
        ClientPipeline clients = new ClientPipeline(
                settings.limits(),
                http2,
                (id, error) -> listeners.forEach(listener -> listener.malformed(id, error)),
                connections::follow);
        // Whatever serves a request speaks HTTP/1.1; the pipeline itself sees to HTTP/2, without the upgrade that Netty
        // would offer.
        return factory -> factory.addServerCustomizers(
                server -> server.protocol(HttpProtocol.HTTP11).doOnChannelInit(clients));
    }

    @Bean
    ClientConnections clientConnections(WarmlaneSettings settings) {
        return new ClientConnections(settings.drain().firstRequest());
    }

    @Bean
    WebServerFactoryCustomizer<NettyReactiveWebServerFactory> followedPort(ClientConnections clients) {
        return factory -> factory.addServerCustomizers(clients::follow);
    }

    /** {@link ServeCommand} begins it at a signal. */
    @Bean
    Drain drain(WarmlaneSettings settings, ClientConnections clients, ProxyFactory proxy, ApplicationContext context) {
        return new Drain(
                settings.drain(),
                clients,
                () -> AvailabilityChangeEvent.publish(context, ReadinessState.REFUSING_TRAFFIC),
                proxy::endResponses);
    }
}
