package dev.warmlane.tools.simulator.engine;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A request in an engine, from its submission to its end. Times are those of the engine's driver, in nanoseconds. Confined to
 * the thread that drives the engine.
 */
public final class EngineSequence {
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

    public EngineRequest request() {
        return request;
    }

    public int generatedTokens() {
        return generatedTokens;
    }

    /** Prompt tokens found in the cache when this request was first admitted; 0 before. */
    public int cachedTokens() {
        return cachedTokens;
    }

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
