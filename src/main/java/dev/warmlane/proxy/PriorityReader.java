package dev.warmlane.proxy;

import dev.warmlane.core.vllm.GenerationRequest;
import dev.warmlane.proxy.body.RequestBody;
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

    int read(ServerHttpRequest request, RequestBody body) {
        Integer priority =
                header.isEmpty() ? null : ofHeader(request.getHeaders().getFirst(header));
        if (priority == null && inBody) {
            GenerationRequest said = body.parseIfReadable();
            priority = said == null ? null : said.priority();
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
}
