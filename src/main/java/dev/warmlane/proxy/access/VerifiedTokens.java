package dev.warmlane.proxy.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.net.URI;
import java.time.Duration;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import reactor.core.publisher.Mono;

/**
 * Asks an identity provider the same thing once in a while and not oftener. The decoder asks for the keys whenever a token
 * names one that it does not know, so that whoever sends made-up tokens could have the provider flooded.
 */
final class VerifiedTokens implements ExchangeFilterFunction {
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
