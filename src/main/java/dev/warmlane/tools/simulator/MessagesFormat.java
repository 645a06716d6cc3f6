package dev.warmlane.tools.simulator;

import dev.warmlane.tools.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Anthropic's Messages API as vLLM speaks it, in its main shape: one block of text. */
final class MessagesFormat implements ResponseFormat {
    @Override
    public String whole(Head head, String text, String finishReason, Usage usage) {
        return message(head, List.of(Json.of("type", "text", "text", text)), stopReason(finishReason))
                .and("usage", usage(usage))
                .toString();
    }

    @Override
    public String begin(Head head, int promptTokens) {
        Json message =
                message(head, List.of(), null).and("usage", Json.of("input_tokens", promptTokens, "output_tokens", 0));
        Json block = Json.of("index", 0, "content_block", Json.of("type", "text", "text", ""));
        return event("message_start", Json.of("message", message)) + event("content_block_start", block);
    }

    @Override
    public String token(Head head, String text, @Nullable String finishReason) {
        Json delta = Json.of("type", "text_delta", "text", text);
        return event("content_block_delta", Json.of("index", 0, "delta", delta));
    }

    @Override
    public String end(Head head, String text, String finishReason, Usage usage) {
        Json delta = Json.of("stop_reason", stopReason(finishReason), "stop_sequence", null);
        return event("content_block_stop", Json.of("index", 0))
                + event("message_delta", Json.of("delta", delta, "usage", usage(usage)))
                + event("message_stop", Json.of());
    }

    private static String event(String type, Json fields) {
        return Json.of("type", type).and(fields).event(type);
    }

    private static Json message(Head head, List<Json> content, @Nullable String stopReason) {
        return Json.of("id", "chatcmpl-" + head.requestId(), "type", "message", "role", "assistant")
                .and("content", content, "model", head.model(), "stop_reason", stopReason, "stop_sequence", null);
    }

    private static @Nullable String stopReason(String finishReason) {
        return switch (finishReason) {
            case "length" -> "max_tokens";
            case "abort" -> null;
            default -> "end_turn";
        };
    }

    private static Json usage(Usage usage) {
        Json counts = Json.of("input_tokens", usage.prompt(), "output_tokens", usage.completion());
        return usage.cached() == null ? counts : counts.and("cache_read_input_tokens", usage.cached());
    }
}
