package dev.warmlane.tools.simulator;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** The Responses API, in its main shape: one message of text. */
final class ResponsesFormat implements ResponseFormat {
    private int sequenceNumber;

    @Override
    public String whole(ResponseHead head, String text, String finishReason, Usage usage) {
        return response(head, text, finishReason, usage).toString();
    }

    @Override
    public String begin(ResponseHead head, int promptTokens) {
        ObjectNode part = part("");
        return event("response.created", Json.object().set("response", response(head, null, "", null)))
                + event("response.in_progress", Json.object().set("response", response(head, null, "", null)))
                + event("response.output_item.added", inOutput().set("item", message(head, "in_progress", null)))
                + event("response.content_part.added", inContent(head).set("part", part));
    }

    @Override
    public String token(ResponseHead head, String text, @Nullable String finishReason) {
        ObjectNode delta = inContent(head).put("delta", text);
        delta.putArray("logprobs");
        return event("response.output_text.delta", delta);
    }

    @Override
    public String end(ResponseHead head, String text, String finishReason, Usage usage) {
        ObjectNode done = inContent(head).put("text", text);
        done.putArray("logprobs");
        ObjectNode item = inOutput().set("item", message(head, "completed", text));
        String last = isCut(finishReason) ? "response.incomplete" : "response.completed";
        return event("response.output_text.done", done)
                + event("response.content_part.done", inContent(head).set("part", part(text)))
                + event("response.output_item.done", item)
                + event(last, Json.object().set("response", response(head, text, finishReason, usage)));
    }

    /** What was aborted counts as complete. */
    private static boolean isCut(String finishReason) {
        return finishReason.equals("length");
    }

    private String event(String type, ObjectNode fields) {
        ObjectNode data = Json.object();
        data.setAll(fields);
        data.put("sequence_number", sequenceNumber++).put("type", type);
        return Json.event(type, data);
    }

    private static ObjectNode inOutput() {
        return Json.object().put("output_index", 0);
    }

    private static ObjectNode inContent(ResponseHead head) {
        return inOutput().put("content_index", 0).put("item_id", "msg_" + head.requestId());
    }

    private static ObjectNode part(String text) {
        ObjectNode part = Json.object();
        part.putArray("annotations");
        return part.put("text", text).put("type", "output_text").putNull("logprobs");
    }

    private static ObjectNode message(ResponseHead head, String status, @Nullable String text) {
        ObjectNode message = Json.object().put("id", "msg_" + head.requestId());
        message.set("content", text == null ? Json.array() : Json.array(part(text)));
        return message.put("role", "assistant").put("status", status).put("type", "message");
    }

    /** Without text: a response in progress. */
    private static ObjectNode response(
            ResponseHead head, @Nullable String text, String finishReason, @Nullable Usage usage) {
        ObjectNode response =
                Json.object().put("id", "resp_" + head.requestId()).put("created_at", head.createdSeconds());
        boolean cut = text != null && isCut(finishReason);
        response.set("incomplete_details", cut ? Json.object().put("reason", "max_output_tokens") : null);
        response.putNull("instructions")
                .putNull("metadata")
                .put("model", head.model())
                .put("object", "response");
        response.set("output", text == null ? Json.array() : Json.array(message(head, "completed", text)));
        response.put("parallel_tool_calls", true).put("tool_choice", "auto");
        response.put("status", text == null ? "in_progress" : cut ? "incomplete" : "completed");
        response.set("usage", usage == null ? null : usage(usage));
        return response;
    }

    private static ObjectNode usage(Usage usage) {
        int cached = usage.cached() == null ? 0 : usage.cached();
        return Json.object()
                .put("input_tokens", usage.prompt())
                .set("input_tokens_details", Json.object().put("cached_tokens", cached))
                .put("output_tokens", usage.completion())
                .set("output_tokens_details", Json.object().put("reasoning_tokens", 0))
                .put("total_tokens", usage.prompt() + usage.completion());
    }
}
