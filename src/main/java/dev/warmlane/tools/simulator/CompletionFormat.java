package dev.warmlane.tools.simulator;

import dev.warmlane.tools.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Text completions. */
final class CompletionFormat implements ResponseFormat {
    static final String DONE = "data: [DONE]\n\n";
    static final String FINGERPRINT = "vllm-0.x-abcd1234";

    private final boolean legacy;
    private final VllmVersion version;

    CompletionFormat(VllmVersion version) {
        this.version = version;
        this.legacy = version.isLegacy();
    }

    @Override
    public String whole(Head head, String text, String finishReason, Usage usage) {
        Json choice = choice(text, finishReason);
        if (legacy) {
            choice.nulls("prompt_logprobs");
        } else {
            choice.nulls("token_ids", "prompt_logprobs", "prompt_token_ids", "routed_experts");
        }
        Json body = top(head, choice)
                .nulls("service_tier", "system_fingerprint")
                .and("usage", usage.inBody(version))
                .nulls("kv_transfer_params");
        return (legacy ? body : body.nulls("ec_transfer_params", "metrics")).toString();
    }

    @Override
    public String begin(Head head, int promptTokens) {
        return "";
    }

    @Override
    public String token(Head head, String text, @Nullable String finishReason) {
        Json choice = choice(text, finishReason);
        if (legacy) {
            return top(head, choice).nulls("usage").event();
        }
        Json chunk = top(head, choice.nulls("prompt_token_ids", "token_ids"));
        return (finishReason == null ? chunk : chunk.and("system_fingerprint", FINGERPRINT)).event();
    }

    @Override
    public String end(Head head, String text, String finishReason, Usage usage) {
        if (!head.includeUsage()) {
            return DONE;
        }
        Json chunk = top(head, null).and("usage", usage.inStream());
        return (legacy ? chunk : chunk.and("system_fingerprint", FINGERPRINT)).event() + DONE;
    }

    private static Json choice(String text, @Nullable String finishReason) {
        return Json.of("index", 0, "text", text, "logprobs", null)
                .and("finish_reason", finishReason, "stop_reason", null);
    }

    private static Json top(Head head, @Nullable Json choice) {
        return Json.of("id", "cmpl-" + head.requestId(), "object", "text_completion", "created", head.createdSeconds())
                .and("model", head.model(), "choices", choice == null ? List.of() : List.of(choice));
    }
}
