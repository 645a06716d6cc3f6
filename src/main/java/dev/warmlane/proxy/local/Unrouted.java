package dev.warmlane.proxy.local;

import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.http.PublicPort;
import dev.warmlane.proxy.http.RequestFraming;
import dev.warmlane.proxy.http.RequestIds;
import dev.warmlane.proxy.outcome.RequestOutcome;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.gateway.route.RouteLocator;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.core.Ordered;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebHandler;
import reactor.core.publisher.Mono;

/**
 * Responds with more than 404 where no route takes a request: like vLLM, it redirects a path with a slash too many to the one
 * without, and names the methods of the gateway's own paths. {@code OPTIONS *} learns the methods of all. Safe for concurrent use.
 */
public final class Unrouted implements HandlerMapping, Ordered {
    /** After the routes, before Spring's static resources, which would say 404. */
    private static final int ORDER = 2;

    private static final String MODELS = "/v1/models";
    private static final String MODEL = MODELS + "/";

    private final RouteLocator routes;
    private final boolean probes;

    /** @param probes whether {@link ProbeFilter} responds */
    public Unrouted(RouteLocator routes, boolean probes) {
        this.routes = routes;
        this.probes = probes;
    }

    @Override
    public int getOrder() {
        return ORDER;
    }

    @Override
    public Mono<Object> getHandler(ServerWebExchange exchange) {
        ServerHttpRequest request = exchange.getRequest();
        String path = request.getURI().getRawPath();
        if (!PublicPort.serves(exchange)) {
            return Mono.empty();
        }
        if (path.equals(MODELS) || (path.startsWith(MODEL) && path.length() > MODEL.length())) {
            return handler(refused -> Mono.error(ApiException.methodNotAllowed("GET, HEAD")));
        }
        if (path.equals(PublicPort.ALL_PATHS) && request.getMethod().equals(HttpMethod.OPTIONS)) {
            return handler(Unrouted::nameMethods);
        }
        String shorter = PublicPort.withoutTrailingSlash(path);
        return shorter == null
                ? Mono.empty()
                : isServed(exchange, shorter)
                        .flatMap(served -> served ? handler(longer -> redirect(longer, shorter)) : Mono.empty());
    }

    private static Mono<Object> handler(WebHandler handler) {
        return Mono.just(handler);
    }

    private Mono<Boolean> isServed(ServerWebExchange exchange, String path) {
        if (path.equals(MODELS) || (probes && ProbeFilter.PATHS.contains(path))) {
            return Mono.just(true);
        }
        // The predicates have kept the path that they did not take.
        exchange.getAttributes().remove(ServerWebExchangeUtils.GATEWAY_PREDICATE_PATH_CONTAINER_ATTR);
        ServerWebExchange shorter = exchange.mutate()
                .request(request ->
                        request.uri(target(path, exchange.getRequest().getURI().getRawQuery())))
                .build();
        return routes.getRoutes()
                .filterWhen(route -> route.getPredicate().apply(shorter))
                .hasElements();
    }

    private static Mono<Void> nameMethods(ServerWebExchange exchange) {
        ServerHttpResponse response = begin(exchange, HttpStatus.NO_CONTENT);
        response.getHeaders().set("Allow", RequestFraming.METHODS);
        return response.setComplete();
    }

    /** To a path without scheme and host: what is in front of the gateway may have others. */
    private static Mono<Void> redirect(ServerWebExchange exchange, String path) {
        ServerHttpResponse response = begin(exchange, HttpStatus.TEMPORARY_REDIRECT);
        response.getHeaders()
                .set(
                        "Location",
                        target(path, exchange.getRequest().getURI().getRawQuery())
                                .toString());
        response.getHeaders().setContentLength(0);
        return response.setComplete();
    }

    private static ServerHttpResponse begin(ServerWebExchange exchange, HttpStatus status) {
        ServerHttpResponse response = exchange.getResponse();
        response.setStatusCode(status);
        response.getHeaders().set(RequestIds.HEADER, RequestOutcome.of(exchange).requestId());
        return response;
    }

    private static URI target(String path, @Nullable String rawQuery) {
        return URI.create(rawQuery == null ? path : path + "?" + rawQuery);
    }
}
