package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.ChatTemplate.Prompt;
import dev.warmlane.tools.simulator.engine.EngineRequest.FinishReason;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The fields of a generation request that a simulated server acts on.
 *
 * @param model the model that responds
 * @param prompt the text it responds to
 * @param stream whether the response is streamed
 * @param includeUsage whether a stream ends with a usage chunk
 * @param maxTokens asked length of the response, or null
 * @param toolName the function that the response must call, or null for text
 * @param transfer its {@code kv_transfer_params}, perhaps missing
 */
record GenerationBody(
        String model,
        Prompt prompt,
        boolean stream,
        boolean includeUsage,
        @Nullable Integer maxTokens,
        @Nullable String toolName,
        JsonNode transfer) {

    /** @throws ApiException in vLLM's words, if it would refuse the request */
    static GenerationBody read(GenerationApi api, JsonNode body, LoadedModels models, ServerOptions options) {
        String model = models.named(body);
        if (!body.hasNonNull(api.promptField())) {
            throw ApiException.missingField(api.promptField());
        }
        if (body.path("n").asInt(1) != 1) {
            throw ApiException.badRequest("n: only 1 is simulated", "n");
        }
        if (body.has("stream_options")
                && !body.path("stream_options").isNull()
                && !body.path("stream").asBoolean(false)) {
            throw ApiException.badRequest("Stream options can only be defined when `stream=True`.", "stream_options");
        }
        Prompt prompt =
                new Prompt(api.render(body, options.version()), model + '\0' + api.salt(body, options.version()));
        return new GenerationBody(
                model,
                prompt,
                body.path("stream").asBoolean(false),
                body.path("stream_options").path("include_usage").asBoolean(false),
                maxTokens(api, body, prompt, options),
                toolName(body),
                body.path("kv_transfer_params"));
    }

    /** How the response ends when it is complete. */
    FinishReason end() {
        return maxTokens != null ? FinishReason.LENGTH : FinishReason.STOP;
    }

    private static @Nullable Integer maxTokens(GenerationApi api, JsonNode body, Prompt prompt, ServerOptions options) {
        Integer asked = null;
        for (String field : api.lengthFields()) {
            if (asked == null && body.path(field).isIntegralNumber()) {
                asked = body.get(field).asInt(Integer.MAX_VALUE);
            }
        }
        if (asked != null && asked < 1) {
            throw ApiException.badRequest("max_tokens must be at least 1, got %d.".formatted(asked), "max_tokens");
        }
        int output = asked == null ? 1 : asked;
        if ((long) prompt.tokens() + output > options.maxTokens()) {
            throw ApiException.tooLong(options.maxTokens(), prompt.tokens(), output);
        }
        return asked;
    }

    private static @Nullable String toolName(JsonNode body) {
        JsonNode choice = body.path("tool_choice");
        JsonNode chosen = switch (choice.isObject() ? choice.path("type").asString("") : choice.asString("")) {
            case "function", "tool" -> choice;
            case "required", "any" -> body.path("tools").path(0);
            default -> null;
        };
        return chosen == null
                ? null
                : chosen.path("function")
                        .path("name")
                        .asString(chosen.path("name").asString("f"));
    }
}
