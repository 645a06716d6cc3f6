package dev.warmlane.ops.dashboard;

import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** What every response of the page tells the browser: run only what comes from here, show it in nobody's frame, keep nothing. */
final class PageHeaders {
    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private PageHeaders() {}

    static void set(HttpHeaders headers) {
        headers.set("Content-Security-Policy", POLICY);
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Referrer-Policy", "no-referrer");
        headers.setCacheControl("no-store");
    }

    /** A response of the page that is not a file. */
    static Mono<ServerResponse> json(Object body) {
        return ServerResponse.ok()
                .headers(PageHeaders::set)
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(body);
    }
}
