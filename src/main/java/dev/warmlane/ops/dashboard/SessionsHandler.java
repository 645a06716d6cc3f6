package dev.warmlane.ops.dashboard;

import dev.warmlane.ops.actuator.AffinityEndpoint;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Finds a session or an address, and releases it. Keys are asked for in a body, because addresses of pages are logged and
 * remembered.
 */
final class SessionsHandler {
    private static final int MAX_QUESTION_BYTES = 100_000;

    private final AffinityEndpoint sessions;
    private final boolean readOnly;

    SessionsHandler(AffinityEndpoint sessions, boolean readOnly) {
        this.sessions = sessions;
        this.readOnly = readOnly;
    }

    Mono<ServerResponse> find(ServerRequest request) {
        return question(request).flatMap(asked -> {
            WebEndpointResponse<AffinityEndpoint.Lookup> found =
                    sessions.lookup(asked.source(), asked.key(), asked.tenant());
            AffinityEndpoint.Lookup lookup = found.getBody();
            return PageSecurity.json(lookup == null ? new AffinityEndpoint.Lookup(List.of()) : lookup);
        });
    }

    Mono<ServerResponse> release(ServerRequest request) {
        if (readOnly) {
            return Mono.error(new ResponseStatusException(HttpStatus.FORBIDDEN, "warmlane.dashboard.read-only is set"));
        }
        return question(request)
                .flatMap(asked -> PageSecurity.json(Map.of(
                        "released",
                        sessions.release(asked.source(), asked.key(), asked.tenant())
                                        .getStatus()
                                == WebEndpointResponse.STATUS_NO_CONTENT)));
    }

    private static Mono<Question> question(ServerRequest request) {
        if (request.headers().contentLength().orElse(0) > MAX_QUESTION_BYTES) {
            return Mono.error(new ResponseStatusException(HttpStatus.CONTENT_TOO_LARGE));
        }
        return request.bodyToMono(byte[].class).map(SessionsHandler::read).switchIfEmpty(Mono.error(malformed()));
    }

    private static Question read(byte[] body) {
        try {
            JsonNode question = JsonMapper.shared().readTree(body);
            JsonNode source = question.path("source");
            JsonNode key = question.path("key");
            if (source.isString() && key.isString()) {
                JsonNode tenant = question.path("tenant");
                return new Question(
                        source.stringValue(), key.stringValue(), tenant.isString() ? tenant.stringValue() : null);
            }
        } catch (JacksonException e) {
            // Answered below, with every other body that does not ask.
        }
        throw malformed();
    }

    private static ResponseStatusException malformed() {
        return new ResponseStatusException(
                HttpStatus.BAD_REQUEST, "body: no question (expected: {\"source\": \"session\", \"key\": \"...\"})");
    }

    private record Question(
            String source, String key, @Nullable String tenant) {}
}
