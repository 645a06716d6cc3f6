package dev.warmlane.ops.dashboard;

import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** JSON that the page sends and gets, with the headers of {@link PageSecurity}. Safe for concurrent use. */
final class PageBodies {
    private static final int MAX_BYTES = 100_000;

    private PageBodies() {}

    /** A response of the page that is not a file. */
    static Mono<ServerResponse> json(Object body) {
        return ServerResponse.ok()
                .headers(PageSecurity::set)
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(body);
    }

    /**
     * What a request asks for, or has to be done. Fails with 413 if that is long, and with 400 if it is not JSON.
     *
     * @param expected what the body should be, for the error
     */
    static Mono<JsonNode> body(ServerRequest request, String expected) {
        if (request.headers().contentLength().orElse(0) > MAX_BYTES) {
            return Mono.error(new ResponseStatusException(HttpStatus.CONTENT_TOO_LARGE));
        }
        return request.bodyToMono(byte[].class)
                .map(body -> read(body, expected))
                .switchIfEmpty(Mono.error(() -> malformed("nothing", expected)));
    }

    private static JsonNode read(byte[] body, String expected) {
        try {
            return JsonMapper.shared().readTree(body);
        } catch (JacksonException e) {
            throw malformed("no JSON", expected);
        }
    }

    /** 400: a body is not what it should be. */
    static ResponseStatusException malformed(String problem, String expected) {
        return new ResponseStatusException(
                HttpStatus.BAD_REQUEST, "body: %s (expected: %s)".formatted(problem, expected));
    }
}
