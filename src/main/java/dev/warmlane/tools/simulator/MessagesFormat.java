package dev.warmlane.tools.simulator;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Anthropic's Messages API as vLLM speaks it, in its main shape: one block of text. */
final class MessagesFormat implements ResponseFormat {

    @Override
    public String whole(ResponseHead head, String text, String finishReason, Usage usage) {
        ObjectNode content = Json.object().put("type", "text").put("text", text);
        ObjectNode message =
                Json.object().put("id", id(head)).put("type", "message").put("role", "assistant");
        message.set("content", Json.array(content));
        message.put("model", head.model())
                .put("stop_reason", stopReason(finishReason))
                .putNull("stop_sequence");
        message.set("usage", usage(usage));
        return message.toString();
    }

    @Override
    public String begin(ResponseHead head, int promptTokens) {
        ObjectNode message =
                Json.object().put("id", id(head)).put("type", "message").put("role", "assistant");
        message.putArray("content");
        message.put("model", head.model()).putNull("stop_reason").putNull("stop_sequence");
        message.set("usage", Json.object().put("input_tokens", promptTokens).put("output_tokens", 0));
        ObjectNode block = Json.object().put("index", 0);
        block.set("content_block", Json.object().put("type", "text").put("text", ""));
        return event("message_start", Json.object().set("message", message)) + event("content_block_start", block);
    }

    @Override
    public String token(ResponseHead head, String text, @Nullable String finishReason) {
        ObjectNode delta = Json.object().put("type", "text_delta").put("text", text);
        return event("content_block_delta", Json.object().put("index", 0).set("delta", delta));
    }

    @Override
    public String end(ResponseHead head, String text, String finishReason, Usage usage) {
        ObjectNode delta = Json.object();
        delta.set(
                "delta",
                Json.object().put("stop_reason", stopReason(finishReason)).putNull("stop_sequence"));
        delta.set("usage", usage(usage));
        return event("content_block_stop", Json.object().put("index", 0))
                + event("message_delta", delta)
                + event("message_stop", Json.object());
    }

    private static String event(String type, ObjectNode fields) {
        ObjectNode data = Json.object().put("type", type);
        data.setAll(fields);
        return Json.event(type, data);
    }

    private static String id(ResponseHead head) {
        return "chatcmpl-" + head.requestId();
    }

    private static @Nullable String stopReason(String finishReason) {
        return switch (finishReason) {
            case "length" -> "max_tokens";
            case "abort" -> null;
            default -> "end_turn";
        };
    }

    private static ObjectNode usage(Usage usage) {
        ObjectNode node = Json.object().put("input_tokens", usage.prompt()).put("output_tokens", usage.completion());
        if (usage.cached() != null) {
            node.put("cache_read_input_tokens", usage.cached());
        }
        return node;
    }
}
