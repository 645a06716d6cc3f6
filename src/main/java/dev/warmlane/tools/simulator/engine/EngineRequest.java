package dev.warmlane.tools.simulator.engine;

/**
 * What an engine is asked to compute.
 *
 * <p>Block {@code i} holds tokens {@code i * blockSizeTokens} and following of the prompt and the response after it. Its hash
 * identifies its content and everything before it. Blocks beyond the given hashes belong to this request alone: no other
 * request hits them.
 */
public final class EngineRequest {
    private final int promptTokens;
    private final int outputTokens;
    private final long[] blockHashes;
    private final FinishReason end;
    private final EngineListener listener;

    /**
     * @param promptTokens at least 1
     * @param outputTokens tokens to generate; 0 for requests that only embed their prompt
     * @param blockHashes chained hashes of the leading blocks of prompt and answer; owned by this request from now on
     * @param end how the response ends when it is complete: STOP or LENGTH
     */
    public EngineRequest(
            int promptTokens, int outputTokens, long[] blockHashes, FinishReason end, EngineListener listener) {
        if (promptTokens < 1) {
            throw new IllegalArgumentException("prompt: %d tokens (expected: >= 1)".formatted(promptTokens));
        }
        if (outputTokens < 0) {
            throw new IllegalArgumentException("output: %d tokens (expected: >= 0)".formatted(outputTokens));
        }
        if (end == FinishReason.ABORT) {
            throw new IllegalArgumentException("end: abort (expected: stop or length)");
        }
        this.promptTokens = promptTokens;
        this.outputTokens = outputTokens;
        this.blockHashes = blockHashes;
        this.end = end;
        this.listener = listener;
    }

    public int promptTokens() {
        return promptTokens;
    }

    public int outputTokens() {
        return outputTokens;
    }

    FinishReason end() {
        return end;
    }

    EngineListener listener() {
        return listener;
    }

    int hashedBlocks() {
        return blockHashes.length;
    }

    long blockHash(int index) {
        return blockHashes[index];
    }
}
