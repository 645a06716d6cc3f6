package dev.warmlane.tools.simulator.engine;

import java.util.Locale;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What an engine is asked to compute.
 *
 * <p>Block {@code i} holds tokens {@code i * blockSizeTokens} and following of the prompt and the response after it. Its hash
 * identifies its content and everything before it. Blocks beyond the given hashes belong to this request alone: no other
 * request hits them.
 *
 * @param promptTokens at least 1
 * @param outputTokens tokens to generate; 0 for requests that only embed their prompt
 * @param blockHashes chained hashes of the leading blocks of prompt and response; owned by this request from now on
 * @param end how the response ends when it is complete: STOP or LENGTH
 * @param listener hears what becomes of it
 * @param adapter the LoRA adapter that it needs; null for none
 * @param transfer which part of it another engine computes; null: none
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record EngineRequest(
        int promptTokens,
        int outputTokens,
        long[] blockHashes,
        FinishReason end,
        Listener listener,
        @Nullable String adapter,
        @Nullable Transfer transfer) {

    /** A request for the base model. */
    public EngineRequest(int promptTokens, int outputTokens, long[] blockHashes, FinishReason end, Listener listener) {
        this(promptTokens, outputTokens, blockHashes, end, listener, null);
    }

    /** A request that one engine computes. */
    public EngineRequest(
            int promptTokens,
            int outputTokens,
            long[] blockHashes,
            FinishReason end,
            Listener listener,
            @Nullable String adapter) {
        this(promptTokens, outputTokens, blockHashes, end, listener, adapter, null);
    }

    /** The same with a part that another engine computes. */
    public EngineRequest with(Transfer part) {
        return new EngineRequest(promptTokens, outputTokens, blockHashes, end, listener, adapter, part);
    }

    /**
     * The KV blocks of a prompt on their way from the engine that computes it to the one that generates.
     *
     * @param fetch of the engine that generates: how many nanoseconds it takes, from now on, to fetch so many tokens; null of the
     *     engine that computes: its blocks stay until they are released
     */
    public record Transfer(@Nullable LongUnaryOperator fetch) {
        /** Of the engine that computes the prompt. */
        public static final Transfer KEPT = new Transfer(null);
    }

    /**
     * Hears what becomes of a request, on the thread that drives the engine. It may submit and cancel requests from within; what
     * it submits enters the next step.
     */
    public interface Listener {
        /** Hears nothing. */
        Listener NONE = new Listener() {};

        /**
         * A token was generated; {@link EngineSequence#generatedTokens()} counts it, so it is 1 at the first token.
         *
         * @param nowNanos the end of the step that computed it
         */
        default void token(EngineSequence sequence, long nowNanos) {}

        /** The blocks of the prompt have come from another engine, where they may be released. */
        default void fetched(EngineSequence sequence, long nowNanos) {}

        /**
         * The request ended and holds no block any more, unless they are kept for another engine; called exactly once, after its last
         * token or on cancellation.
         */
        default void finished(EngineSequence sequence, FinishReason reason, long nowNanos) {}
    }

    public EngineRequest {
        if (promptTokens < 1) {
            throw new IllegalArgumentException("prompt: %d tokens (expected: >= 1)".formatted(promptTokens));
        }
        if (outputTokens < 0) {
            throw new IllegalArgumentException("output: %d tokens (expected: >= 0)".formatted(outputTokens));
        }
        if (end == FinishReason.ABORT) {
            throw new IllegalArgumentException("end: abort (expected: stop or length)");
        }
    }

    /** Why a request ended, in vLLM's words. */
    public enum FinishReason {
        /** The model ended its response by itself. */
        STOP,
        /** The response reached the length that the client asked for. */
        LENGTH,
        /** The client left, or the server stopped, before the response was complete. */
        ABORT;

        /** The word in responses and metric labels, lower case. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
