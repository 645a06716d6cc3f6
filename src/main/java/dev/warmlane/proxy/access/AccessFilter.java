package dev.warmlane.proxy.access;

import dev.warmlane.proxy.access.AccessControl.AccessMetrics;
import dev.warmlane.proxy.access.Authenticator.AccessException;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.http.PublicPort;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
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

    /** Where clients put their key or token: {@code Authorization: Bearer}, or Anthropic's header on Anthropic's paths. */
    public static final class Credentials {
        /** Anthropic's header. */
        public static final String API_KEY_HEADER = "x-api-key";

        private static final String BEARER = "Bearer ";
        private static final String ANTHROPIC_PATH = "/v1/messages";

        private Credentials() {}

        /** The credential of a request; null if it has none, or several, of which none could be preferred. */
        public static @Nullable String of(HttpHeaders headers, String path) {
            List<String> authorization = headers.getOrEmpty(HttpHeaders.AUTHORIZATION);
            if (authorization.size() > 1) {
                return null;
            }
            if (authorization.size() == 1) {
                return bearer(authorization.get(0));
            }
            List<String> apiKeys = path.startsWith(ANTHROPIC_PATH) ? headers.getOrEmpty(API_KEY_HEADER) : List.of();
            return apiKeys.size() == 1 ? apiKeys.get(0) : null;
        }

        private static @Nullable String bearer(String value) {
            if (!value.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
                return null;
            }
            String credential = value.substring(BEARER.length()).strip();
            return credential.isEmpty() ? null : credential;
        }
    }
}
