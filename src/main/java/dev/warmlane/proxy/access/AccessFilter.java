package dev.warmlane.proxy.access;

import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.http.PublicPort;
import java.time.Duration;
import org.springframework.core.Ordered;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Asks every request on the public port who sent it, before anything else looks at it or reads its body: 401 without a
 * credential that is known, 429 past the requests of a minute. Exists only where keys or an identity provider are set.
 */
public final class AccessFilter implements WebFilter, Ordered {
    /** Before everything but the access log, which tells of refusals too. */
    private static final int ORDER = Ordered.HIGHEST_PRECEDENCE + 100;

    private static final Duration RETRY_WHEN_UNAVAILABLE = Duration.ofSeconds(1);

    private final Authenticator authenticator;
    private final Quotas quotas;
    private final AccessMetrics metrics;

    AccessFilter(Authenticator authenticator, Quotas quotas, AccessMetrics metrics) {
        this.authenticator = authenticator;
        this.quotas = quotas;
        this.metrics = metrics;
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
        String credential =
                Credentials.of(request.getHeaders(), request.getURI().getRawPath());
        Mono<Identity> identity = credential == null
                ? Mono.error(() -> unauthenticated("A key is required: Authorization: Bearer <key>."))
                : authenticator
                        .authenticate(credential)
                        .onErrorMap(AccessException.class, this::toApi)
                        .switchIfEmpty(Mono.error(() -> unauthenticated("The key is not known.")));
        return identity.flatMap(known -> enter(exchange, chain, known));
    }

    private Mono<Void> enter(ServerWebExchange exchange, WebFilterChain chain, Identity identity) {
        Duration wait = quotas.countRequest(identity);
        if (!wait.isZero()) {
            metrics.refused("requests");
            return Mono.error(ApiException.rateLimited(
                    "The limit of %d requests a minute is reached."
                            .formatted(identity.allowance().requestsPerMinute()),
                    wait));
        }
        metrics.entered(identity);
        exchange.getAttributes().put(Identity.ATTRIBUTE, identity);
        return chain.filter(exchange);
    }

    private ApiException unauthenticated(String message) {
        metrics.refused("unknown");
        return ApiException.unauthenticated(message);
    }

    private ApiException toApi(AccessException failure) {
        String message = String.valueOf(failure.getMessage());
        if (failure.reason() == AccessException.Reason.FORBIDDEN) {
            metrics.refused("forbidden");
            return ApiException.forbidden(null, "not_allowed", message);
        }
        metrics.refused("unavailable");
        return ApiException.identityUnknown(message, RETRY_WHEN_UNAVAILABLE);
    }
}
