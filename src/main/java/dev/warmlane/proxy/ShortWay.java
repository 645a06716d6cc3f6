package dev.warmlane.proxy;

import dev.warmlane.proxy.http.ExactRoutes;
import dev.warmlane.proxy.local.ErrorHandler;
import java.security.Principal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.context.ApplicationContext;
import org.springframework.context.i18n.LocaleContext;
import org.springframework.http.HttpMethod;
import org.springframework.http.codec.multipart.Part;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.util.MultiValueMap;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import org.springframework.web.server.WebSession;
import reactor.core.publisher.Mono;

/**
 * Serves requests whose route is known by their path alone, without what they do not need: Spring's exchange, the choice of a
 * handler, the predicates of the routes and the chain of global filters. The same filters and the same {@link VllmRoutingFilter}
 * serve them either way; all other requests go on as before. Safe for concurrent use.
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
            WebFilter filter = webFilters.get(i);
            WebFilterChain next = chain;
            chain = exchange -> pass(exchange, filter, next);
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

    private static Mono<Void> pass(ServerWebExchange exchange, WebFilter filter, WebFilterChain next) {
        try {
            return filter.filter(exchange, next);
        } catch (RuntimeException e) {
            return Mono.error(e);
        }
    }

    /** Request, response and attributes, without what else Spring makes for every exchange: nothing on the short way needs it. */
    private static final class ShortExchange implements ServerWebExchange {
        private final ServerHttpRequest request;
        private final ServerHttpResponse response;
        private final Map<String, Object> attributes = new ConcurrentHashMap<>(8);

        ShortExchange(ServerHttpRequest request, ServerHttpResponse response) {
            this.request = request;
            this.response = response;
        }

        @Override
        public ServerHttpRequest getRequest() {
            return request;
        }

        @Override
        public ServerHttpResponse getResponse() {
            return response;
        }

        @Override
        public Map<String, Object> getAttributes() {
            return attributes;
        }

        @Override
        public String getLogPrefix() {
            return "[" + request.getId() + "] ";
        }

        @Override
        public @Nullable ApplicationContext getApplicationContext() {
            return null;
        }

        @Override
        public <T extends Principal> Mono<T> getPrincipal() {
            return Mono.empty();
        }

        @Override
        public Mono<WebSession> getSession() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Mono<MultiValueMap<String, String>> getFormData() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Mono<MultiValueMap<String, Part>> getMultipartData() {
            throw new UnsupportedOperationException();
        }

        @Override
        public LocaleContext getLocaleContext() {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean isNotModified() {
            return false;
        }

        @Override
        public boolean checkNotModified(Instant lastModified) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean checkNotModified(String etag) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean checkNotModified(@Nullable String etag, Instant lastModified) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String transformUrl(String url) {
            return url;
        }

        @Override
        public void addUrlTransformer(Function<String, String> transformer) {
            throw new UnsupportedOperationException();
        }
    }
}
