package dev.warmlane.tools.simulator;

import dev.warmlane.tools.Json;
import dev.warmlane.tools.simulator.ServerOptions.VllmVersion;
import org.jspecify.annotations.Nullable;

/**
 * How one API puts a response on the wire, whole or as server-sent events. One instance serves one response. The finish reason is
 * vLLM's: {@code stop}, {@code length} or {@code abort}.
 */
interface ResponseFormat {
    /**
     * What every part of a response repeats.
     *
     * @param requestId the client's request id, or one made for it
     * @param createdSeconds Unix time
     * @param model the model that responds
     * @param includeUsage whether a stream ends with a usage chunk
     * @param toolName the function that is called, or null for text
     */
    record Head(
            String requestId,
            long createdSeconds,
            String model,
            boolean includeUsage,
            @Nullable String toolName) {}

    /**
     * What a request used, in tokens.
     *
     * @param prompt tokens of the prompt
     * @param completion tokens of the response
     * @param cached prompt tokens found in the cache, or null where the server does not tell
     */
    record Usage(int prompt, int completion, @Nullable Integer cached) {
        /** The usage object of a stream's last chunk in OpenAI's older APIs: what is unknown is left out. */
        Json inStream() {
            return cached == null ? counts() : counts().and("prompt_tokens_details", Json.of("cached_tokens", cached));
        }

        /** The usage object of a whole response in OpenAI's older APIs: what is unknown is null. */
        Json inBody(VllmVersion version) {
            Json details = cached == null ? null : Json.of("cached_tokens", cached);
            if (version.isLegacy()) {
                return counts().and("prompt_tokens_details", details);
            }
            if (details != null) {
                details.nulls("created_cache_tokens", "multimodal_tokens");
            }
            return counts().and("prompt_tokens_details", details).nulls("completion_tokens_details");
        }

        private Json counts() {
            return Json.of(
                    "prompt_tokens", prompt, "total_tokens", prompt + completion, "completion_tokens", completion);
        }
    }

    /** The body of a whole response. */
    String whole(Head head, String text, String finishReason, Usage usage);

    /** The events before the first token. */
    String begin(Head head, int promptTokens);

    /** The event of one token; with a finish reason it is the last one. */
    String token(Head head, String text, @Nullable String finishReason);

    /** The events after the last token. */
    String end(Head head, String text, String finishReason, Usage usage);
}
