package dev.warmlane.app;

import dev.warmlane.proxy.VllmRoutingFilter;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.webflux.actuate.endpoint.web.AbstractWebFluxEndpointHandlerMapping;
import org.springframework.cloud.gateway.config.GlobalCorsProperties;
import org.springframework.cloud.gateway.filter.GlobalFilter;
import org.springframework.cloud.gateway.handler.RoutePredicateHandlerMapping;
import org.springframework.core.env.Environment;
import org.springframework.http.server.reactive.HttpHandler;
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

/** What an operator has added to Spring's handling of requests, or switched on in it, that has to see every request. */
final class SpringAdditions {
    /** Those of Spring Cloud Gateway that leave routes of scheme {@code vllm} alone, or do what is done for them anyway. */
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
