package dev.warmlane.proxy.local;

import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.http.PublicPort;
import dev.warmlane.proxy.http.RequestIds;
import dev.warmlane.proxy.outcome.RequestOutcome;
import dev.warmlane.settings.AuthSettings.CorsSettings;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Lets web pages of allowed origins talk to the gateway from browsers (the Fetch standard's CORS protocol): responds to preflights,
 * which carry no key, and says on every response, errors included, who may read it. Engines have no say in it.
 */
public final class CorsFilter implements WebFilter, Ordered {
    /** After the one that counts requests, before the one that asks who sent them. */
    private static final int ORDER = Ordered.HIGHEST_PRECEDENCE + 25;

    private static final String PREFIX = "access-control-";
    private static final String READABLE =
            "x-request-id, x-warmlane-endpoint, x-warmlane-affinity, x-warmlane-model, retry-after, retry-after-ms, x-should-retry";

    private final CorsSettings settings;
    private final boolean anyOrigin;
    private final boolean anyHeader;
    private final String methods;
    private final String headers;

    /** A filter for these origins, methods and headers. */
    public CorsFilter(CorsSettings settings) {
        this.settings = settings;
        this.anyOrigin = settings.allowedOrigins().contains(CorsSettings.ANY);
        this.anyHeader = settings.allowedHeaders().contains(CorsSettings.ANY);
        this.methods = String.join(", ", settings.allowedMethods());
        this.headers = String.join(", ", settings.allowedHeaders());
    }

    @Override
    public int getOrder() {
        return ORDER;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        if (!PublicPort.serves(exchange)) {
            return chain.filter(exchange);
        }
        ServerHttpRequest request = exchange.getRequest();
        ServerHttpResponse response = exchange.getResponse();
        String allowed = allowedOrigin(request.getHeaders().getFirst(HttpHeaders.ORIGIN));
        response.beforeCommit(() -> {
            write(response.getHeaders(), allowed);
            return Mono.empty();
        });
        if (!isPreflight(request)) {
            return chain.filter(exchange);
        }
        if (allowed == null) {
            return Mono.error(ApiException.forbidden(null, "origin_not_allowed", "The origin is not allowed."));
        }
        response.setStatusCode(HttpStatus.NO_CONTENT);
        response.getHeaders().set(RequestIds.HEADER, RequestOutcome.of(exchange).requestId());
        // Written when it is committed, with the rest: nothing of it is an engine's.
        response.beforeCommit(() -> {
            preflight(request.getHeaders(), response.getHeaders());
            return Mono.empty();
        });
        return response.setComplete();
    }

    private @Nullable String allowedOrigin(@Nullable String origin) {
        if (origin == null || !(anyOrigin || settings.allowedOrigins().contains(origin))) {
            return null;
        }
        return anyOrigin ? CorsSettings.ANY : origin;
    }

    private static boolean isPreflight(ServerHttpRequest request) {
        return request.getMethod().equals(HttpMethod.OPTIONS)
                && request.getHeaders().containsHeader(HttpHeaders.ORIGIN)
                && request.getHeaders().containsHeader(HttpHeaders.ACCESS_CONTROL_REQUEST_METHOD);
    }

    private void write(HttpHeaders to, @Nullable String allowed) {
        List<String> engines = to.headerNames().stream()
                .filter(name -> name.toLowerCase(Locale.ROOT).startsWith(PREFIX))
                .toList();
        engines.forEach(to::remove);
        if (!anyOrigin) {
            // Also where there is no Origin: a cache must not give that response to a page.
            to.add(HttpHeaders.VARY, HttpHeaders.ORIGIN);
        }
        if (allowed != null) {
            to.set(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
            to.set(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, READABLE);
        }
    }

    private void preflight(HttpHeaders request, HttpHeaders to) {
        to.set(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, methods);
        to.set(
                HttpHeaders.ACCESS_CONTROL_MAX_AGE,
                Long.toString(settings.maxAge().toSeconds()));
        String wanted = request.getFirst(HttpHeaders.ACCESS_CONTROL_REQUEST_HEADERS);
        if (!anyHeader) {
            to.set(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, headers);
        } else if (wanted != null) {
            // Not the asterisk, which does not stand for Authorization.
            to.set(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, wanted);
            to.add(HttpHeaders.VARY, HttpHeaders.ACCESS_CONTROL_REQUEST_HEADERS);
        }
    }
}
