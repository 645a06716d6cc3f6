package dev.warmlane.tools.simulator;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Text completions. */
final class CompletionFormat implements ResponseFormat {
    static final String DONE = "data: [DONE]\n\n";
    static final String FINGERPRINT = "vllm-0.x-abcd1234";

    private final VllmVersion version;

    CompletionFormat(VllmVersion version) {
        this.version = version;
    }

    @Override
    public String whole(ResponseHead head, String text, String finishReason, Usage usage) {
        ObjectNode choice = choice(text, finishReason);
        if (!version.isLegacy()) {
            choice.putNull("token_ids");
        }
        choice.putNull("prompt_logprobs");
        if (!version.isLegacy()) {
            choice.putNull("prompt_token_ids").putNull("routed_experts");
        }
        ObjectNode body = top(head, choice);
        body.putNull("service_tier").putNull("system_fingerprint");
        body.set("usage", usage.inBody(version));
        body.putNull("kv_transfer_params");
        if (!version.isLegacy()) {
            body.putNull("ec_transfer_params").putNull("metrics");
        }
        return body.toString();
    }

    @Override
    public String begin(ResponseHead head, int promptTokens) {
        return "";
    }

    @Override
    public String token(ResponseHead head, String text, @Nullable String finishReason) {
        ObjectNode choice = choice(text, finishReason);
        if (!version.isLegacy()) {
            choice.putNull("prompt_token_ids").putNull("token_ids");
        }
        ObjectNode chunk = top(head, choice);
        if (version.isLegacy()) {
            chunk.putNull("usage");
        } else if (finishReason != null) {
            chunk.put("system_fingerprint", FINGERPRINT);
        }
        return Json.event(chunk);
    }

    @Override
    public String end(ResponseHead head, String text, String finishReason, Usage usage) {
        if (!head.includeUsage()) {
            return DONE;
        }
        ObjectNode chunk = top(head, null);
        chunk.set("usage", usage.inStream());
        if (!version.isLegacy()) {
            chunk.put("system_fingerprint", FINGERPRINT);
        }
        return Json.event(chunk) + DONE;
    }

    private static ObjectNode choice(String text, @Nullable String finishReason) {
        return Json.object()
                .put("index", 0)
                .put("text", text)
                .putNull("logprobs")
                .put("finish_reason", finishReason)
                .putNull("stop_reason");
    }

    private static ObjectNode top(ResponseHead head, @Nullable ObjectNode choice) {
        ObjectNode top = Json.object()
                .put("id", "cmpl-" + head.requestId())
                .put("object", "text_completion")
                .put("created", head.createdSeconds())
                .put("model", head.model());
        top.set("choices", choice == null ? Json.array() : Json.array(choice));
        return top;
    }
}
