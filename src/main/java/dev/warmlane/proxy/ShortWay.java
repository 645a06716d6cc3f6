package dev.warmlane.proxy;

import dev.warmlane.proxy.http.ExactRoutes;
import java.util.List;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Takes requests whose route is known by their path alone past what they do not need: Spring's exchange, the choice of a
 * handler, the predicates of the routes and the chain of global filters. Who is served how is said by the same filters and the
 * same {@link VllmRoutingFilter} either way; all other requests go on as ever. Safe for concurrent use.
 */
public final class ShortWay implements HttpHandler {
    private static final String ROUTE = ShortWay.class.getName();

    private final HttpHandler longWay;
    private final WebFilterChain filters;
    private final VllmRoutingFilter routing;
    private final ErrorHandler errors;
    private volatile ExactRoutes routes = ExactRoutes.NONE;

    /**
     * A short way that nobody takes until there are routes.
     *
     * @param longWay for all that cannot go here
     * @param webFilters in their order; all that the long way has
     */
    public ShortWay(HttpHandler longWay, List<WebFilter> webFilters, VllmRoutingFilter routing, ErrorHandler errors) {
        this.longWay = longWay;
        this.routing = routing;
        this.errors = errors;
        WebFilterChain chain = this::serve;
        for (int i = webFilters.size() - 1; i >= 0; i--) {
            chain = new Link(webFilters.get(i), chain);
        }
        this.filters = chain;
    }

    /** From now on these routes are taken. */
    public void routes(ExactRoutes others) {
        routes = others;
    }

    @Override
    public Mono<Void> handle(ServerHttpRequest request, ServerHttpResponse response) {
        Route route = HttpMethod.POST.equals(request.getMethod())
                ? routes.find(request.getURI().getRawPath())
                : null;
        if (route == null) {
            return longWay.handle(request, response);
        }
        ServerWebExchange exchange = new ShortExchange(request, response);
        exchange.getAttributes().put(ROUTE, route);
        return filters.filter(exchange)
                .onErrorResume(failure -> errors.handle(exchange, failure))
                .then(Mono.defer(response::setComplete));
    }

    private Mono<Void> serve(ServerWebExchange exchange) {
        Route route = exchange.getRequiredAttribute(ROUTE);
        // Not before: a request that a filter refuses has taken no route.
        exchange.getAttributes().put(ServerWebExchangeUtils.GATEWAY_ROUTE_ATTR, route);
        try {
            return routing.serve(exchange, route.getUri().getHost());
        } catch (RuntimeException e) {
            return Mono.error(e);
        }
    }

    private record Link(WebFilter filter, WebFilterChain next) implements WebFilterChain {
        @Override
        public Mono<Void> filter(ServerWebExchange exchange) {
            try {
                return filter.filter(exchange, next);
            } catch (RuntimeException e) {
                return Mono.error(e);
            }
        }
    }
}
