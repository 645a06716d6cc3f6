package dev.warmlane.tools.simulator;

import dev.warmlane.tools.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The Responses API, in its main shape: one message of text. */
final class ResponsesFormat implements ResponseFormat {
    private int sequenceNumber;

    @Override
    public String whole(Head head, String text, String finishReason, Usage usage) {
        return response(head, text, finishReason, usage).toString();
    }

    @Override
    public String begin(Head head, int promptTokens) {
        return event("response.created", Json.of("response", response(head, null, "", null)))
                + event("response.in_progress", Json.of("response", response(head, null, "", null)))
                + event("response.output_item.added", inOutput().and("item", message(head, "in_progress", null)))
                + event("response.content_part.added", inContent(head).and("part", part("")));
    }

    @Override
    public String token(Head head, String text, @Nullable String finishReason) {
        return event("response.output_text.delta", inContent(head).and("delta", text, "logprobs", List.of()));
    }

    @Override
    public String end(Head head, String text, String finishReason, Usage usage) {
        String last = isCut(finishReason) ? "response.incomplete" : "response.completed";
        return event("response.output_text.done", inContent(head).and("text", text, "logprobs", List.of()))
                + event("response.content_part.done", inContent(head).and("part", part(text)))
                + event("response.output_item.done", inOutput().and("item", message(head, "completed", text)))
                + event(last, Json.of("response", response(head, text, finishReason, usage)));
    }

    /** What was aborted counts as complete. */
    private static boolean isCut(String finishReason) {
        return finishReason.equals("length");
    }

    private String event(String type, Json fields) {
        return fields.and("sequence_number", sequenceNumber++, "type", type).event(type);
    }

    private static Json inOutput() {
        return Json.of("output_index", 0);
    }

    private static Json inContent(Head head) {
        return inOutput().and("content_index", 0, "item_id", "msg_" + head.requestId());
    }

    private static Json part(String text) {
        return Json.of("annotations", List.of(), "text", text, "type", "output_text", "logprobs", null);
    }

    private static Json message(Head head, String status, @Nullable String text) {
        return Json.of("id", "msg_" + head.requestId())
                .and("content", text == null ? List.of() : List.of(part(text)))
                .and("role", "assistant", "status", status, "type", "message");
    }

    /** Without text: a response in progress. */
    private static Json response(Head head, @Nullable String text, String finishReason, @Nullable Usage usage) {
        boolean cut = text != null && isCut(finishReason);
        return Json.of("id", "resp_" + head.requestId(), "created_at", head.createdSeconds())
                .and("incomplete_details", cut ? Json.of("reason", "max_output_tokens") : null)
                .and("instructions", null, "metadata", null, "model", head.model(), "object", "response")
                .and("output", text == null ? List.of() : List.of(message(head, "completed", text)))
                .and("parallel_tool_calls", true, "tool_choice", "auto")
                .and("status", text == null ? "in_progress" : cut ? "incomplete" : "completed")
                .and("usage", usage == null ? null : usage(usage));
    }

    private static Json usage(Usage usage) {
        int cached = usage.cached() == null ? 0 : usage.cached();
        return Json.of("input_tokens", usage.prompt(), "input_tokens_details", Json.of("cached_tokens", cached))
                .and("output_tokens", usage.completion(), "output_tokens_details", Json.of("reasoning_tokens", 0))
                .and("total_tokens", usage.prompt() + usage.completion());
    }
}
