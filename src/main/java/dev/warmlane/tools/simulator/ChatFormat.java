package dev.warmlane.tools.simulator;

import dev.warmlane.tools.Json;
import dev.warmlane.tools.simulator.ServerOptions.VllmVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Chat completions. The arguments of a function call are a JSON object that wraps the generated text. */
final class ChatFormat implements ResponseFormat {
    /** Generated text holds nothing that JSON would escape. */
    private static final String ARGUMENTS_BEGIN = "{\"text\": \"";

    private static final String ARGUMENTS_END = "\"}";

    private final boolean legacy;
    private final VllmVersion version;
    private boolean toolCallBegun;

    ChatFormat(VllmVersion version) {
        this.version = version;
        this.legacy = version.isLegacy();
    }

    @Override
    public String whole(Head head, String text, String finishReason, Usage usage) {
        Json message = Json.of("role", "assistant", "content", head.toolName() == null ? text : null)
                .nulls("refusal", "annotations", "audio", "function_call");
        if (head.toolName() != null) {
            String arguments = ARGUMENTS_BEGIN + text + ARGUMENTS_END;
            message.and("tool_calls", List.of(toolCall(head, head.toolName(), arguments)));
        } else if (legacy) {
            message.and("tool_calls", List.of());
        }
        message.nulls(legacy ? "reasoning_content" : "reasoning");
        Json choice = Json.of("index", 0, "message", message, "logprobs", null)
                .and("finish_reason", finish(head, finishReason), "stop_reason", null);
        if (!legacy) {
            choice.nulls("token_ids", "routed_experts");
        }
        Json body = top(head, "chat.completion", choice)
                .nulls("service_tier", "system_fingerprint")
                .and("usage", usage.inBody(version));
        if (legacy) {
            return body.nulls("prompt_logprobs", "kv_transfer_params").toString();
        }
        return body.nulls("prompt_logprobs", "prompt_token_ids", "prompt_text", "kv_transfer_params")
                .nulls("ec_transfer_params", "metrics")
                .toString();
    }

    @Override
    public String begin(Head head, int promptTokens) {
        Json choice = choice(Json.of("role", "assistant", "content", "")).nulls("finish_reason");
        Json chunk = top(head, "chat.completion.chunk", choice);
        return (legacy ? chunk : chunk.nulls("prompt_token_ids", "prompt_text")).event();
    }

    @Override
    public String token(Head head, String text, @Nullable String finishReason) {
        Json choice = choice(delta(head, text, finishReason != null));
        if (finishReason == null) {
            choice.nulls("finish_reason");
        } else {
            choice.and("finish_reason", finish(head, finishReason), "stop_reason", null);
        }
        if (!legacy) {
            choice.nulls("token_ids");
        }
        Json chunk = top(head, "chat.completion.chunk", choice);
        return (finishReason == null ? chunk : withFingerprint(chunk)).event();
    }

    @Override
    public String end(Head head, String text, String finishReason, Usage usage) {
        if (!head.includeUsage()) {
            return CompletionFormat.DONE;
        }
        Json chunk = top(head, "chat.completion.chunk", null).and("usage", usage.inStream());
        return withFingerprint(chunk).event() + CompletionFormat.DONE;
    }

    private Json delta(Head head, String text, boolean last) {
        if (head.toolName() == null) {
            return Json.of("content", text);
        }
        String arguments = (toolCallBegun ? "" : ARGUMENTS_BEGIN) + text + (last ? ARGUMENTS_END : "");
        Json call = toolCallBegun
                ? Json.of("index", 0, "function", Json.of("arguments", arguments))
                : toolCall(head, head.toolName(), arguments).and("index", 0);
        toolCallBegun = true;
        return Json.of("tool_calls", List.of(call));
    }

    private static Json toolCall(Head head, String name, String arguments) {
        return Json.of("id", "chatcmpl-tool-" + head.requestId(), "type", "function")
                .and("function", Json.of("name", name, "arguments", arguments));
    }

    private static String finish(Head head, String finishReason) {
        return head.toolName() == null || finishReason.equals("abort") ? finishReason : "tool_calls";
    }

    private static Json choice(Json delta) {
        return Json.of("index", 0, "delta", delta, "logprobs", null);
    }

    private static Json top(Head head, String object, @Nullable Json choice) {
        return Json.of("id", "chatcmpl-" + head.requestId(), "object", object, "created", head.createdSeconds())
                .and("model", head.model(), "choices", choice == null ? List.of() : List.of(choice));
    }

    private Json withFingerprint(Json chunk) {
        return legacy ? chunk : chunk.and("system_fingerprint", CompletionFormat.FINGERPRINT);
    }

    /** Text completions. */
    static final class CompletionFormat implements ResponseFormat {
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
            return Json.of(
                            "id",
                            "cmpl-" + head.requestId(),
                            "object",
                            "text_completion",
                            "created",
                            head.createdSeconds())
                    .and("model", head.model(), "choices", choice == null ? List.of() : List.of(choice));
        }
    }
}
