package dev.warmlane.tools.replay.load;

import dev.warmlane.core.prefix.PromptBlocks;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One request of a load. Immutable. */
public final class LoadRequest {
    /** Bytes of prompt for each token: what a gateway assumes until it has learned better, and here always true. */
    public static final int BYTES_PER_TOKEN = 4;

    private final long delayNanos;
    private final int session;
    private final int promptTokens;
    private final int outputTokens;
    private final long[] blockHashes;
    private final PromptBlocks prompt;
    private final @Nullable LoadRequest next;

    /**
     * @param delayNanos when it comes: after the start of the load, or for a later turn after the end of the one before; >= 0
     * @param session the conversation it belongs to; >= 0
     * @param promptTokens at least 1
     * @param outputTokens at least 1
     * @param blockHashes chained hashes of full blocks of the prompt, and of blocks that the response fills where a later prompt
     *     contains them; owned by this request from now on
     * @param next the next turn of the conversation, which waits for this one's response
     */
    public LoadRequest(
            long delayNanos,
            int session,
            int promptTokens,
            int outputTokens,
            long[] blockHashes,
            @Nullable LoadRequest next) {
        if (promptTokens < 1 || outputTokens < 1) {
            throw new IllegalArgumentException(
                    "prompt and output: %d and %d tokens (expected: >= 1)".formatted(promptTokens, outputTokens));
        }
        this.delayNanos = delayNanos;
        this.session = session;
        this.promptTokens = promptTokens;
        this.outputTokens = outputTokens;
        this.blockHashes = blockHashes;
        this.prompt = PromptBlocks.of(
                Arrays.copyOf(blockHashes, promptTokens / Load.BLOCK_SIZE_TOKENS),
                Load.BLOCK_SIZE_TOKENS * BYTES_PER_TOKEN,
                (long) promptTokens * BYTES_PER_TOKEN);
        this.next = next;
    }

    public long delayNanos() {
        return delayNanos;
    }

    public int session() {
        return session;
    }

    public int promptTokens() {
        return promptTokens;
    }

    public int outputTokens() {
        return outputTokens;
    }

    /** Chained hashes of the blocks of prompt and answer that others may share; for reading only. */
    public long[] blockHashes() {
        return blockHashes;
    }

    /** The prompt as a gateway sees it. */
    public PromptBlocks prompt() {
        return prompt;
    }

    /** The turn that follows upon the response, or null. */
    public @Nullable LoadRequest next() {
        return next;
    }

    LoadRequest atSpeed(double speed) {
        return new LoadRequest(
                Math.round(delayNanos / speed),
                session,
                promptTokens,
                outputTokens,
                blockHashes,
                next == null ? null : next.atSpeed(speed));
    }
}
