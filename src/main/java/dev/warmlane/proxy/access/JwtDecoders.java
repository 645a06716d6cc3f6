package dev.warmlane.proxy.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.netty.channel.ChannelOption;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
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

/**
 * Makes the decoder of Spring Security's resource server: signature by a key of the provider's set, expiry, issuer and
 * audience. Its filters and its defaults for browsers have no part in it.
 */
public final class JwtDecoders {
    /** How long ago a token may have expired by a clock that goes differently. */
    private static final Duration CLOCK_SKEW = Duration.ofSeconds(30);

    private static final int MAX_ANSWER_BYTES = 1 << 20;

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
        HttpClient http = HttpClient.create()
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(timeout.toMillis()))
                .responseTimeout(timeout);
        return WebClient.builder()
                .clientConnector(new ReactorClientHttpConnector(http))
                .codecs(codecs -> codecs.defaultCodecs().maxInMemorySize(MAX_ANSWER_BYTES))
                .filter(new VerifiedTokens(Duration.ofSeconds(10)))
                .build();
    }

    /**
     * Asks an identity provider the same thing once in a while and not oftener. The decoder asks for the keys whenever a token
     * names one that it does not know, so that whoever sends made-up tokens could have the provider flooded.
     */
    private static final class VerifiedTokens implements ExchangeFilterFunction {
        private static final int MAX_ANSWERS = 16;

        private final Cache<URI, Mono<String>> answers;

        /** @param age how old a response, or a failure, may be */
        VerifiedTokens(Duration age) {
            this.answers = Caffeine.newBuilder()
                    .maximumSize(MAX_ANSWERS)
                    .expireAfterWrite(age)
                    .build();
        }

        @Override
        public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
            Mono<String> answer = answers.get(
                    request.url(),
                    url -> next.exchange(request)
                            .flatMap(response -> response.statusCode().is2xxSuccessful()
                                    ? response.bodyToMono(String.class)
                                    : response.createError())
                            .cache());
            return answer.map(body -> ClientResponse.create(HttpStatus.OK)
                    .header(HttpHeaders.CONTENT_TYPE, MediaType.APPLICATION_JSON_VALUE)
                    .body(body)
                    .build());
        }
    }
}
