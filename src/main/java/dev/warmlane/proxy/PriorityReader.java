package dev.warmlane.proxy;

import dev.warmlane.core.vllm.GenerationRequest;
import dev.warmlane.core.vllm.MalformedJsonException;
import dev.warmlane.settings.QueueSettings;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;

/** Reads how urgent a request is, where the settings believe it: lower goes earlier, 0 where nobody says. */
final class PriorityReader {
    private final boolean inBody;
    private final String header;

    PriorityReader(QueueSettings settings) {
        this.inBody = settings.bodyPriority();
        this.header = settings.priorityHeader();
    }

    int read(ServerHttpRequest request, byte[] body) {
        Integer priority =
                header.isEmpty() ? null : ofHeader(request.getHeaders().getFirst(header));
        if (priority == null && inBody) {
            priority = ofBody(body);
        }
        return priority == null ? 0 : priority;
    }

    private static @Nullable Integer ofHeader(@Nullable String value) {
        try {
            return value == null ? null : Integer.valueOf(value.strip());
        } catch (NumberFormatException notANumber) {
            return null;
        }
    }

    private static @Nullable Integer ofBody(byte[] body) {
        try {
            return GenerationRequest.parse(body, 0, body.length).priority();
        } catch (MalformedJsonException notJson) {
            return null;
        }
    }
}
