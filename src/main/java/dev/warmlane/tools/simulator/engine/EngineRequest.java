package dev.warmlane.tools.simulator.engine;

import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What an engine is asked to compute; once submitted, it is an {@link EngineSequence}.
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

    /**
     * A request in an engine, from its submission to its end. Times are those of the engine's driver, in nanoseconds. Confined to
     * the thread that drives the engine.
     */
    public static final class EngineSequence {
        /** A time that has not come. */
        public static final long NEVER = Long.MIN_VALUE;

        enum State {
            WAITING,
            FETCHING,
            RUNNING,
            /** Finished, but its blocks are kept. */
            KEPT,
            FINISHED
        }

        final EngineRequest request;
        private final long privateHashes;
        State state = State.WAITING;

        int[] blocks = {};
        int blockCount;
        int publishedBlocks;
        int computedTokens;
        int generatedTokens;
        /** Tokens that the step in progress computes for this request. */
        int stepTokens;

        int cachedTokens;
        /** When the blocks that it fetches will be there; {@link #NEVER} before, and where it fetches none. */
        long fetchedNanos = NEVER;

        final long submittedNanos;
        long admittedNanos = NEVER;
        long firstTokenNanos = NEVER;

        EngineSequence(EngineRequest request, long number, long submittedNanos) {
            this.request = request;
            this.submittedNanos = submittedNanos;
            this.privateHashes = mix(number);
        }

        /** What was submitted. */
        public EngineRequest request() {
            return request;
        }

        /** Tokens of the response so far. */
        public int generatedTokens() {
            return generatedTokens;
        }

        /** Prompt tokens found in the cache when this request was first admitted; 0 before. */
        public int cachedTokens() {
            return cachedTokens;
        }

        /** When it was submitted. */
        public long submittedNanos() {
            return submittedNanos;
        }

        /** When this request first left the queue, or {@link #NEVER}. */
        public long admittedNanos() {
            return admittedNanos;
        }

        /** When its first token was complete, or {@link #NEVER}. */
        public long firstTokenNanos() {
            return firstTokenNanos;
        }

        /** Whether it has ended, in whatever way. */
        public boolean isFinished() {
            return state == State.FINISHED || state == State.KEPT;
        }

        /** Tokens known so far; the last generated one is known before it is computed. */
        int knownTokens() {
            return request.promptTokens() + generatedTokens;
        }

        /** Whether its prompt's blocks are to be fetched; after a preemption they are computed. */
        boolean fetches() {
            EngineRequest.Transfer transfer = request.transfer();
            return transfer != null && transfer.fetch() != null && fetchedNanos == NEVER;
        }

        /** Whether its blocks stay when it ends, for another engine to fetch. */
        boolean keeps() {
            EngineRequest.Transfer transfer = request.transfer();
            return transfer != null && transfer.fetch() == null;
        }

        boolean decoding() {
            return generatedTokens > 0 && computedTokens == knownTokens() - 1;
        }

        long blockHash(int index) {
            return index < request.blockHashes().length ? request.blockHashes()[index] : mix(privateHashes + index);
        }

        void append(int block) {
            if (blockCount == blocks.length) {
                blocks = Arrays.copyOf(blocks, Math.max(8, blocks.length * 2));
            }
            blocks[blockCount++] = block;
        }

        /** Spreads consecutive numbers over all 64 bits. */
        private static long mix(long value) {
            return new SplittableRandom(value).nextLong();
        }
    }
}
