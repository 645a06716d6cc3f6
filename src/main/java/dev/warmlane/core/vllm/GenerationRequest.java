package dev.warmlane.core.vllm;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the gateway reads of a request body for chat, completions, responses, Anthropic messages or embeddings. Immutable as
 * long as the body is not changed, which {@link #prompt} refers to.
 *
 * @param model the model as the client named it; null is the engine's base model
 * @param stream whether the response is streamed
 * @param includeUsage whether the client asked for a usage chunk at the end of the stream
 * @param usageRequest where the body could ask for one; null: nowhere
 * @param maxTokens upper bound of generated tokens; null where none is given, or none that is an int
 * @param cacheSalt what keeps the client's KV blocks apart from others'
 * @param priority the engine's scheduling priority, lower is earlier
 * @param previousResponses every text that is given as the id of a response to go on from, though engines read only the last
 * @param prompt what enters the engine's prompt; empty where the body has a shape nobody knows
 */
public record GenerationRequest(
        @Nullable String model,
        boolean stream,
        boolean includeUsage,
        @Nullable UsageRequest usageRequest,
        @Nullable Integer maxTokens,
        @Nullable String cacheSalt,
        @Nullable Integer priority,
        List<String> previousResponses,
        CanonicalPrompt prompt) {

    public GenerationRequest {
        previousResponses = List.copyOf(previousResponses);
    }

    /**
     * Reads a body in one pass, keeping the offsets of the prompt's parts and copying none. Members of unexpected types
     * count as absent: whether they are an error is for the engine to say.
     *
     * @throws MalformedJsonException if the body is not a JSON object
     */
    public static GenerationRequest parse(byte[] body, int offset, int length) {
        return new RequestReader(new JsonScanner(body, offset, length)).read();
    }

    /**
     * Reads no further than the first {@code model}, which decides the pool; what follows may be anything.
     *
     * @return null if the body names no model or is no JSON object up to there
     */
    public static @Nullable String modelOf(byte[] body, int offset, int length) {
        try {
            return RequestReader.modelOf(new JsonScanner(body, offset, length));
        } catch (MalformedJsonException notJson) {
            return null;
        }
    }

    /**
     * The body that asks for a usage report at the end of its stream, or null where there is nothing to ask: it is no stream,
     * asks by itself, or has options that would make the engine say more than that.
     *
     * @param body that this was read from
     */
    public byte @Nullable [] askingForUsage(byte[] body) {
        return !stream || includeUsage || usageRequest == null ? null : usageRequest.ask(body);
    }

    /** The same without a reference to the body. */
    public GenerationRequest withoutPrompt() {
        return new GenerationRequest(
                model,
                stream,
                includeUsage,
                null,
                maxTokens,
                cacheSalt,
                priority,
                previousResponses,
                CanonicalPrompt.EMPTY);
    }

    /** Whether the body holds a prompt in a shape that is known. */
    public boolean hasPrompt() {
        return !prompt.isEmpty();
    }

    /** Length of the canonical prompt in bytes, from which its tokens can be estimated. */
    public long promptBytes() {
        return prompt.length();
    }

    /** Says nothing of the prompt or the salt, so that it can be logged. */
    @Override
    public String toString() {
        return "GenerationRequest[model=%s, stream=%s, promptBytes=%d]".formatted(model, stream, promptBytes());
    }
}
