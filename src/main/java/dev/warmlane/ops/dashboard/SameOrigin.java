package dev.warmlane.ops.dashboard;

import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Mono;

/**
 * Keeps other sites from posting through an operator's browser: a request that changes or asks something must be JSON, which
 * no form of another site can send, and must not say that it comes from another site.
 */
final class SameOrigin {
    private SameOrigin() {}

    /** Fails with 403 or 415; empty where the request may go on. */
    static Mono<Void> check(ServerRequest request) {
        if (request.method().equals(HttpMethod.GET)) {
            return Mono.empty();
        }
        String site = request.headers().firstHeader("Sec-Fetch-Site");
        if (site != null && !site.equals("same-origin")) {
            return Mono.error(new ResponseStatusException(HttpStatus.FORBIDDEN, "a request from another site"));
        }
        boolean json = request.headers()
                .contentType()
                .filter(MediaType.APPLICATION_JSON::isCompatibleWith)
                .isPresent();
        return json ? Mono.empty() : Mono.error(new ResponseStatusException(HttpStatus.UNSUPPORTED_MEDIA_TYPE));
    }
}
