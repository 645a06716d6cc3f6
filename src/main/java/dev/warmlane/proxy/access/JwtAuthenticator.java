package dev.warmlane.proxy.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.warmlane.engines.client.ClientTls;
import dev.warmlane.proxy.access.Authenticator.AccessException;
import dev.warmlane.proxy.access.Authenticator.Identity;
import dev.warmlane.proxy.access.Authenticator.Identity.Allowance;
import io.netty.channel.ChannelOption;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtClaimNames;
import org.springframework.security.oauth2.jwt.JwtClaimValidator;
import org.springframework.security.oauth2.jwt.JwtIssuerValidator;
import org.springframework.security.oauth2.jwt.JwtTimestampValidator;
import org.springframework.security.oauth2.jwt.NimbusReactiveJwtDecoder;
import org.springframework.security.oauth2.jwt.ReactiveJwtDecoder;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;

/** Knows clients by the tokens of an identity provider. The decoder checks a token; here its claims become an identity. */
public final class JwtAuthenticator implements Authenticator {
    private static final String NAME = "oidc";

    private final ReactiveJwtDecoder decoder;
    private final String tenantClaim;
    private final String groupClaim;
    private final List<Group> groups;

    /**
     * What the members of a group may do.
     *
     * @param name as tokens list it
     * @param tenant the tenant that they are, or null to take what the token says
     */
    public record Group(String name, @Nullable String tenant, Allowance allowance) {}

    /**
     * @param tenantClaim the claim that names the tenant; empty: each subject is a tenant of its own
     * @param groups in their order, the first that a bearer is in counts; none: everybody may do everything
     */
    public JwtAuthenticator(ReactiveJwtDecoder decoder, String tenantClaim, String groupClaim, List<Group> groups) {
        this.decoder = decoder;
        this.tenantClaim = tenantClaim;
        this.groupClaim = groupClaim;
        this.groups = List.copyOf(groups);
    }

    @Override
    public Mono<Identity> authenticate(String credential) {
        if (!isJwt(credential)) {
            return Mono.empty();
        }
        return decoder.decode(credential)
                .map(this::identity)
                .onErrorResume(BadJwtException.class, bad -> Mono.empty())
                .onErrorMap(
                        failure -> !(failure instanceof AccessException),
                        failure -> new AccessException(
                                AccessException.Reason.UNAVAILABLE, "The identity provider does not respond."));
    }

    /** Three parts, two dots: anything else is not worth a look at the provider's keys. */
    private static boolean isJwt(String credential) {
        return credential.chars().filter(c -> c == '.').count() == 2;
    }

    private Identity identity(Jwt token) {
        String subject = token.getSubject();
        if (subject == null || subject.isEmpty()) {
            throw forbidden("The token has no subject.");
        }
        if (groups.isEmpty()) {
            return new Identity(NAME, "sub:" + subject, tenant(token, subject, null), Allowance.UNLIMITED);
        }
        List<String> memberships = memberships(token);
        for (Group group : groups) {
            if (memberships.contains(group.name())) {
                return new Identity(
                        group.name(), "sub:" + subject, tenant(token, subject, group.tenant()), group.allowance());
            }
        }
        throw forbidden("The token is of no group that may use this gateway.");
    }

    private List<String> memberships(Jwt token) {
        Object claim = token.getClaim(groupClaim);
        if (claim instanceof List<?> list) {
            return list.stream().map(String::valueOf).toList();
        }
        return claim instanceof String one ? List.of(one) : List.of();
    }

    private String tenant(Jwt token, String subject, @Nullable String ofGroup) {
        if (ofGroup != null) {
            return "tenant:" + ofGroup;
        }
        if (tenantClaim.isEmpty()) {
            return "sub:" + subject;
        }
        if (token.getClaim(tenantClaim) instanceof String tenant && !tenant.isEmpty()) {
            return "tenant:" + tenant;
        }
        throw forbidden("The token names no tenant.");
    }

    private static AccessException forbidden(String message) {
        return new AccessException(AccessException.Reason.FORBIDDEN, message);
    }

    /**
     * Makes the decoder of Spring Security's resource server: signature by a key of the provider's set, expiry, issuer and
     * audience. Its filters and its defaults for browsers have no part in it.
     */
    public static final class JwtDecoders {
        /** How long ago a token may have expired by a clock that goes differently. */
        private static final Duration CLOCK_SKEW = Duration.ofSeconds(30);

        private static final int MAX_RESPONSE_BYTES = 1 << 20;

        private JwtDecoders() {}

        /**
         * A decoder that asks the provider when it needs its keys, and not before.
         *
         * @param issuer what tokens must name as their issuer, and where the provider describes itself; empty: not checked
         * @param jwkSetUri where the provider's keys are; empty: where the issuer says
         * @param audiences whom tokens must be meant for, one of these
         * @param algorithms how tokens may be signed, such as RS256
         * @param timeout how long one response of the provider may take
         */
        public static ReactiveJwtDecoder of(
                String issuer, String jwkSetUri, List<String> audiences, List<String> algorithms, Duration timeout) {
            NimbusReactiveJwtDecoder decoder = (jwkSetUri.isEmpty()
                            ? NimbusReactiveJwtDecoder.withIssuerLocation(issuer)
                            : NimbusReactiveJwtDecoder.withJwkSetUri(jwkSetUri))
                    .jwsAlgorithms(allowed -> {
                        allowed.clear();
                        algorithms.forEach(name -> allowed.add(SignatureAlgorithm.from(name)));
                    })
                    .webClient(webClient(timeout))
                    .build();
            decoder.setJwtValidator(validator(issuer, audiences));
            return decoder;
        }

        private static OAuth2TokenValidator<Jwt> validator(String issuer, List<String> audiences) {
            JwtTimestampValidator timestamps = new JwtTimestampValidator(CLOCK_SKEW);
            timestamps.setAllowEmptyExpiryClaim(false);
            List<OAuth2TokenValidator<Jwt>> validators = new ArrayList<>(List.of(timestamps));
            validators.add(new JwtClaimValidator<List<String>>(
                    JwtClaimNames.AUD, named -> named != null && named.stream().anyMatch(audiences::contains)));
            if (!issuer.isEmpty()) {
                validators.add(new JwtIssuerValidator(issuer));
            }
            return new DelegatingOAuth2TokenValidator<>(validators);
        }

        private static WebClient webClient(Duration timeout) {
            // Asked now and then, and no connection is left to end with the process.
            HttpClient http = HttpClient.newConnection()
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(timeout.toMillis()))
                    .doOnChannelInit(
                            (observer, channel, remote) -> ClientTls.limitHandshake(channel.pipeline(), timeout))
                    .responseTimeout(timeout);
            return WebClient.builder()
                    .clientConnector(new ReactorClientHttpConnector(http))
                    .codecs(codecs -> codecs.defaultCodecs().maxInMemorySize(MAX_RESPONSE_BYTES))
                    .filter(new RecentResponses(Duration.ofSeconds(10)))
                    .build();
        }

        /**
         * Asks an identity provider the same thing no more than once in a while. The decoder asks for the keys whenever a token
         * names one that it does not know, so that whoever sends made-up tokens could have the provider flooded.
         */
        private static final class RecentResponses implements ExchangeFilterFunction {
            private static final int MAX_RESPONSES = 16;

            private final Cache<URI, Mono<String>> responses;

            /** @param age how old a response, or a failure, may be */
            RecentResponses(Duration age) {
                this.responses = Caffeine.newBuilder()
                        .maximumSize(MAX_RESPONSES)
                        .expireAfterWrite(age)
                        .build();
            }

            @Override
            public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
                Mono<String> recent = responses.get(
                        request.url(),
                        url -> next.exchange(request)
                                .flatMap(response -> response.statusCode().is2xxSuccessful()
                                        ? response.bodyToMono(String.class)
                                        : response.createError())
                                .cache());
                return recent.map(body -> ClientResponse.create(HttpStatus.OK)
                        .header(HttpHeaders.CONTENT_TYPE, MediaType.APPLICATION_JSON_VALUE)
                        .body(body)
                        .build());
            }
        }
    }
}
