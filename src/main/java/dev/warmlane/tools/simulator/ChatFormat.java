package dev.warmlane.tools.simulator;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Chat completions. */
final class ChatFormat implements ResponseFormat {
    private final VllmVersion version;
    private boolean toolCallBegun;

    ChatFormat(VllmVersion version) {
        this.version = version;
    }

    @Override
    public String whole(ResponseHead head, String text, String finishReason, Usage usage) {
        ObjectNode message =
                Json.object().put("role", "assistant").put("content", head.toolName() == null ? text : null);
        message.putNull("refusal").putNull("annotations").putNull("audio").putNull("function_call");
        if (head.toolName() != null) {
            message.putArray("tool_calls").add(toolCall(head, head.toolName(), ToolArguments.whole(text)));
        } else if (version.isLegacy()) {
            message.putArray("tool_calls");
        }
        message.putNull(version.isLegacy() ? "reasoning_content" : "reasoning");
        ObjectNode choice = Json.object().put("index", 0);
        choice.set("message", message);
        choice.putNull("logprobs")
                .put("finish_reason", finish(head, finishReason))
                .putNull("stop_reason");
        if (!version.isLegacy()) {
            choice.putNull("token_ids").putNull("routed_experts");
        }
        ObjectNode body = top(head, "chat.completion", choice);
        body.putNull("service_tier").putNull("system_fingerprint");
        body.set("usage", usage.inBody(version));
        body.putNull("prompt_logprobs");
        if (!version.isLegacy()) {
            body.putNull("prompt_token_ids").putNull("prompt_text");
        }
        body.putNull("kv_transfer_params");
        if (!version.isLegacy()) {
            body.putNull("ec_transfer_params").putNull("metrics");
        }
        return body.toString();
    }

    @Override
    public String begin(ResponseHead head, int promptTokens) {
        ObjectNode choice = choice(Json.object().put("role", "assistant").put("content", ""));
        choice.putNull("finish_reason");
        ObjectNode chunk = top(head, "chat.completion.chunk", choice);
        if (!version.isLegacy()) {
            chunk.putNull("prompt_token_ids").putNull("prompt_text");
        }
        return Json.event(chunk);
    }

    @Override
    public String token(ResponseHead head, String text, @Nullable String finishReason) {
        ObjectNode choice = choice(delta(head, text, finishReason != null));
        choice.put("finish_reason", finishReason == null ? null : finish(head, finishReason));
        if (finishReason != null) {
            choice.putNull("stop_reason");
        }
        if (!version.isLegacy()) {
            choice.putNull("token_ids");
        }
        ObjectNode chunk = top(head, "chat.completion.chunk", choice);
        if (finishReason != null) {
            addFingerprint(chunk);
        }
        return Json.event(chunk);
    }

    @Override
    public String end(ResponseHead head, String text, String finishReason, Usage usage) {
        if (!head.includeUsage()) {
            return CompletionFormat.DONE;
        }
        ObjectNode chunk = top(head, "chat.completion.chunk", null);
        chunk.set("usage", usage.inStream());
        addFingerprint(chunk);
        return Json.event(chunk) + CompletionFormat.DONE;
    }

    private ObjectNode delta(ResponseHead head, String text, boolean last) {
        if (head.toolName() == null) {
            return Json.object().put("content", text);
        }
        String arguments = ToolArguments.part(text, !toolCallBegun, last);
        ObjectNode call = toolCallBegun
                ? Json.object().put("index", 0).set("function", Json.object().put("arguments", arguments))
                : toolCall(head, head.toolName(), arguments).put("index", 0);
        toolCallBegun = true;
        ObjectNode delta = Json.object();
        delta.putArray("tool_calls").add(call);
        return delta;
    }

    private static ObjectNode toolCall(ResponseHead head, String name, String arguments) {
        return Json.object()
                .put("id", "chatcmpl-tool-" + head.requestId())
                .put("type", "function")
                .set("function", Json.object().put("name", name).put("arguments", arguments));
    }

    private static String finish(ResponseHead head, String finishReason) {
        return head.toolName() == null || finishReason.equals("abort") ? finishReason : "tool_calls";
    }

    private static ObjectNode choice(ObjectNode delta) {
        return Json.object().put("index", 0).set("delta", delta).putNull("logprobs");
    }

    private static ObjectNode top(ResponseHead head, String object, @Nullable ObjectNode choice) {
        ObjectNode top = Json.object()
                .put("id", "chatcmpl-" + head.requestId())
                .put("object", object)
                .put("created", head.createdSeconds())
                .put("model", head.model());
        top.set("choices", choice == null ? Json.array() : Json.array(choice));
        return top;
    }

    private void addFingerprint(ObjectNode chunk) {
        if (!version.isLegacy()) {
            chunk.put("system_fingerprint", CompletionFormat.FINGERPRINT);
        }
    }
}
