package dev.warmlane.app;

import dev.warmlane.proxy.ShortWay;
import dev.warmlane.proxy.VllmRoutingFilter;
import dev.warmlane.proxy.http.ExactRoutes;
import dev.warmlane.proxy.local.ErrorHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.boot.webflux.actuate.endpoint.web.AbstractWebFluxEndpointHandlerMapping;
import org.springframework.cloud.gateway.config.GlobalCorsProperties;
import org.springframework.cloud.gateway.event.RefreshRoutesResultEvent;
import org.springframework.cloud.gateway.filter.GlobalFilter;
import org.springframework.cloud.gateway.handler.RoutePredicateHandlerMapping;
import org.springframework.cloud.gateway.route.RouteLocator;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.HttpHandlerDecoratorFactory;
import org.springframework.web.reactive.DispatcherHandler;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.reactive.function.server.support.RouterFunctionMapping;
import org.springframework.web.reactive.result.method.annotation.RequestMappingHandlerMapping;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebHandler;
import org.springframework.web.server.adapter.HttpWebHandlerAdapter;
import org.springframework.web.server.handler.ExceptionHandlingWebHandler;
import org.springframework.web.server.handler.FilteringWebHandler;
import org.springframework.web.server.handler.WebHandlerDecorator;

/**
 * Opens the short way unless something was added that it would bypass: filters, handlers or cross-origin rules of others, or
 * Spring's own observations.
 */
@Configuration(proxyBeanMethods = false)
class ShortWayConfiguration {
    private static final Logger log = LoggerFactory.getLogger(ShortWayConfiguration.class);

    @Bean
    ShortWayOpener shortWay(
            VllmRoutingFilter routing,
            ErrorHandler errors,
            RouteLocator routes,
            RouterFunction<ServerResponse> modelsRoute,
            List<GlobalFilter> globalFilters,
            GlobalCorsProperties cors,
            Environment environment) {
        return new ShortWayOpener(
                routing, errors, routes, modelsRoute, SpringAdditions.before(globalFilters, cors, environment));
    }

    /** Puts the short way before the handler of the public port, and tells it the routes whenever they are read. */
    static final class ShortWayOpener
            implements HttpHandlerDecoratorFactory, ApplicationListener<RefreshRoutesResultEvent> {
        private final VllmRoutingFilter routing;
        private final ErrorHandler errors;
        private final RouteLocator locator;
        private final RouterFunction<ServerResponse> modelsRoute;
        private final @Nullable String reason;
        private volatile @Nullable ShortWay shortWay;
        private volatile ExactRoutes exactRoutes = ExactRoutes.NONE;

        ShortWayOpener(
                VllmRoutingFilter routing,
                ErrorHandler errors,
                RouteLocator locator,
                RouterFunction<ServerResponse> modelsRoute,
                @Nullable String reason) {
            this.routing = routing;
            this.errors = errors;
            this.locator = locator;
            this.modelsRoute = modelsRoute;
            this.reason = reason;
        }

        @Override
        public HttpHandler apply(HttpHandler longWay) {
            if (longWay instanceof HttpWebHandlerAdapter spring
                    && WebServerApplicationContext.hasServerNamespace(spring.getApplicationContext(), "management")) {
                return longWay;
            }
            List<WebFilter> filters = new ArrayList<>();
            String against = reason == null ? SpringAdditions.in(longWay, filters, modelsRoute) : reason;
            if (against != null) {
                log.info("every request goes through all filters of Spring Cloud Gateway, because of {}", against);
                follow();
                return longWay;
            }
            ShortWay opened = new ShortWay(longWay, filters, routing, errors);
            shortWay = opened;
            follow();
            return opened;
        }

        /** The routes as last read, whether requests take the short way or not. */
        ExactRoutes exactRoutes() {
            return exactRoutes;
        }

        @Override
        public void onApplicationEvent(RefreshRoutesResultEvent event) {
            if (event.isSuccess()) {
                follow();
            }
        }

        private void follow() {
            locator.getRoutes().collectList().map(ExactRoutes::of).subscribe(this::take, failure -> {
                take(ExactRoutes.NONE);
                log.warn("the routes cannot be read, so every request goes through all filters", failure);
            });
        }

        private void take(ExactRoutes read) {
            exactRoutes = read;
            ShortWay opened = shortWay;
            if (opened != null) {
                opened.routes(read);
            }
        }
    }

    /** What an operator has added to Spring's handling of requests, or switched on in it, that has to see every request. */
    private static final class SpringAdditions {
        /** Filters of Spring Cloud Gateway that leave routes of scheme {@code vllm} alone, or do what is done for them anyway. */
        private static final Set<String> IDLE_FILTERS = Set.of(
                "AdaptCachedBodyGlobalFilter",
                "ForwardPathFilter",
                "ForwardRoutingFilter",
                "NettyRoutingFilter",
                "NettyWriteResponseFilter",
                "NoLoadBalancerClientFilter",
                "RemoveCachedBodyFilter",
                "RouteToRequestUrlFilter",
                "WebsocketRoutingFilter",
                // It asks the same predicates that only routes with weights have.
                "WeightCalculatorWebFilter");

        private static final String OBSERVATIONS = "management.observations.enable.http";

        private SpringAdditions() {}

        /** What stands against the short way wherever it would begin; null if nothing does. */
        static @Nullable String before(
                List<GlobalFilter> globalFilters, GlobalCorsProperties cors, Environment environment) {
            for (GlobalFilter filter : globalFilters) {
                if (!(filter instanceof VllmRoutingFilter) && !IDLE_FILTERS.contains(simpleName(filter))) {
                    return filter.getClass().getName();
                }
            }
            if (!cors.getCorsConfigurations().isEmpty()) {
                return "globalcors";
            }
            return environment.getProperty(OBSERVATIONS, Boolean.class, true) ? OBSERVATIONS : null;
        }

        /** What was added to Spring's handlers that might want a request; null if nothing was, and then our own filters are collected. */
        static @Nullable String in(
                HttpHandler longWay, List<WebFilter> ownFilters, RouterFunction<ServerResponse> ownHandlers) {
            if (!(longWay instanceof HttpWebHandlerAdapter spring)) {
                return longWay.getClass().getName();
            }
            if (spring.getForwardedHeaderTransformer() != null) {
                return "server.forward-headers-strategy";
            }
            WebHandler handler = spring.getDelegate();
            while (handler instanceof WebHandlerDecorator decorator) {
                if (decorator instanceof FilteringWebHandler filtering) {
                    for (WebFilter filter : filtering.getFilters()) {
                        if (filter.getClass().getName().startsWith("dev.warmlane.")) {
                            ownFilters.add(filter);
                        } else if (!IDLE_FILTERS.contains(simpleName(filter))) {
                            return filter.getClass().getName();
                        }
                    }
                } else if (!(decorator instanceof ExceptionHandlingWebHandler)) {
                    return decorator.getClass().getName();
                }
                handler = decorator.getDelegate();
            }
            return handler instanceof DispatcherHandler dispatcher
                    ? addedBeforeRoutes(dispatcher, ownHandlers)
                    : handler.getClass().getName();
        }

        private static @Nullable String addedBeforeRoutes(
                DispatcherHandler dispatcher, RouterFunction<ServerResponse> ownHandlers) {
            for (HandlerMapping mapping : Objects.requireNonNull(dispatcher.getHandlerMappings())) {
                if (mapping instanceof RoutePredicateHandlerMapping) {
                    return null;
                }
                if (!isIdle(mapping, ownHandlers)) {
                    return mapping.getClass().getName();
                }
            }
            return "no routes";
        }

        /** Whether only the gateway's own handlers are in it, none of which is on the path of a route, or none at all. */
        private static boolean isIdle(HandlerMapping mapping, RouterFunction<ServerResponse> ownHandlers) {
            if (mapping instanceof RouterFunctionMapping functions) {
                return functions.getRouterFunction() == null || functions.getRouterFunction() == ownHandlers;
            }
            // Those of the actuator are on paths of its own.
            return mapping instanceof AbstractWebFluxEndpointHandlerMapping
                    || (mapping instanceof RequestMappingHandlerMapping methods
                            && methods.getHandlerMethods().isEmpty());
        }

        private static String simpleName(Object filter) {
            Package home = filter.getClass().getPackage();
            boolean spring = home != null && home.getName().startsWith("org.springframework.cloud.gateway.");
            return spring ? filter.getClass().getSimpleName() : "";
        }
    }
}
