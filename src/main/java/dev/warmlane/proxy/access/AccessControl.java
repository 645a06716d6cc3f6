package dev.warmlane.proxy.access;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.core.sharing.SharedQuota;
import dev.warmlane.proxy.access.Authenticator.AccessException;
import dev.warmlane.proxy.access.Authenticator.Credentials;
import dev.warmlane.proxy.access.Authenticator.Identity;
import dev.warmlane.proxy.access.ClientRights.AccessMetrics;
import dev.warmlane.proxy.access.Tenants.TenantIsolation;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.error.ClientRefusal;
import dev.warmlane.proxy.http.PublicPort;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/** The two gates that a client passes: one before its request is read, one when its body is here. They count together. */
public final class AccessControl {
    private final Authenticator authenticator;
    private final Quotas quotas;
    private final AccessMetrics metrics;
    private final ClientRights rights;

    /**
     * Gates that nobody has passed.
     *
     * @param tenants null where tenants are not told apart
     * @param shared what other replicas grant; null where there are none
     * @param outputTokens reserved for a response whose request names no most
     * @param servesUnsalted whether tenants may use paths on which engines ignore the salt
     */
    public AccessControl(
            Authenticator authenticator,
            @Nullable Tenants tenants,
            @Nullable SharedQuota shared,
            int outputTokens,
            boolean servesUnsalted,
            MeterRegistry registry) {
        this.authenticator = authenticator;
        this.metrics = new AccessMetrics(registry);
        this.quotas = new Quotas(Ticker.systemTicker(), metrics::took, shared);
        this.rights = new ClientRights(
                quotas, tenants == null ? null : new TenantIsolation(tenants, servesUnsalted), outputTokens);
    }

    /** The first gate. */
    public AccessFilter filter() {
        return new AccessFilter(authenticator, quotas, metrics);
    }

    /** The second gate. */
    public ClientRights rights() {
        return rights;
    }

    /**
     * Asks every request on the public port who sent it, before anything else looks at it or reads its body: 401 without a
     * credential that is known, 429 past the requests of a minute. Exists only where keys or an identity provider are set.
     */
    public static final class AccessFilter implements WebFilter, Ordered {
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
                    ? Mono.error(() -> ApiException.unauthenticated(ClientRights.KEY_REQUIRED))
                    : authenticator
                            .authenticate(credential)
                            .onErrorMap(AccessException.class, AccessFilter::toApi)
                            .switchIfEmpty(Mono.error(() -> ApiException.unauthenticated("The key is not known.")));
            return identity.flatMap(known -> enter(exchange, chain, known));
        }

        private Mono<Void> enter(ServerWebExchange exchange, WebFilterChain chain, Identity identity) {
            Duration wait = quotas.countRequest(identity);
            if (!wait.isZero()) {
                return Mono.error(ApiException.rateLimited(
                                "The limit of %d requests a minute is reached."
                                        .formatted(identity.allowance().requestsPerMinute()),
                                wait)
                        .because(ClientRefusal.REQUESTS));
            }
            metrics.entered(identity);
            exchange.getAttributes().put(Identity.ATTRIBUTE, identity);
            return chain.filter(exchange);
        }

        private static ApiException toApi(AccessException failure) {
            String message = String.valueOf(failure.getMessage());
            if (failure.reason() == AccessException.Reason.FORBIDDEN) {
                return ApiException.forbidden(null, "not_allowed", message).because(ClientRefusal.FORBIDDEN);
            }
            return ApiException.identityUnknown(message, RETRY_WHEN_UNAVAILABLE).because(ClientRefusal.UNAVAILABLE);
        }
    }
}
