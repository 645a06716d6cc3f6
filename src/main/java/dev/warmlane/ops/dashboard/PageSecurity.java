package dev.warmlane.ops.dashboard;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Mono;

/**
 * What keeps other sites away from the page in an operator's browser. Responses tell the browser to run only what comes from
 * here, to show it in nobody's frame and to keep nothing. A request that changes or asks something must be JSON, which no form of
 * another site can send; where it comes from is looked at for the whole port.
 */
final class PageSecurity {
    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private PageSecurity() {}

    static void set(HttpHeaders headers) {
        headers.set("Content-Security-Policy", POLICY);
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Referrer-Policy", "no-referrer");
        headers.setCacheControl("no-store");
    }

    /** 403: this gateway's dashboard changes nothing. */
    static ResponseStatusException readOnly() {
        return new ResponseStatusException(HttpStatus.FORBIDDEN, "warmlane.dashboard.read-only is set");
    }

    /** Fails with 415; empty where the request may go on. */
    static Mono<Void> check(ServerRequest request) {
        if (request.method().equals(HttpMethod.GET)) {
            return Mono.empty();
        }
        boolean json = request.headers()
                .contentType()
                .filter(MediaType.APPLICATION_JSON::isCompatibleWith)
                .isPresent();
        return json ? Mono.empty() : Mono.error(new ResponseStatusException(HttpStatus.UNSUPPORTED_MEDIA_TYPE));
    }
}
