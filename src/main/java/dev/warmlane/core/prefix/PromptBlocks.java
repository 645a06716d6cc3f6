package dev.warmlane.core.prefix;

/**
 * A prompt as the chain of its blocks: hash {@code i} stands for everything up to the end of block {@code i}, so two prompts
 * share a prefix as far as their hashes are equal. Only full blocks count, as in the engine. Immutable.
 */
public final class PromptBlocks {
    /** No prompt, or one shorter than a block. */
    public static final PromptBlocks EMPTY = new PromptBlocks(new long[0], 1, 0);

    private final long[] hashes;
    private final int blockSizeBytes;
    private final long bytes;

    PromptBlocks(long[] hashes, int blockSizeBytes, long bytes) {
        this.hashes = hashes;
        this.blockSizeBytes = blockSizeBytes;
        this.bytes = bytes;
    }

    /**
     * A prompt whose chain is known already, as from a trace.
     *
     * @param hashes one for each full block; each must stand for all blocks up to its own
     * @param blockSizeBytes bytes in a block, at least 1
     * @param bytes length of the prompt in bytes, at least that of its full blocks
     */
    public static PromptBlocks of(long[] hashes, int blockSizeBytes, long bytes) {
        if (blockSizeBytes < 1) {
            throw new IllegalArgumentException("block size: %d bytes (expected: >= 1)".formatted(blockSizeBytes));
        }
        long full = (long) hashes.length * blockSizeBytes;
        if (bytes < full) {
            throw new IllegalArgumentException("prompt: %d bytes (expected: >= %d)".formatted(bytes, full));
        }
        return new PromptBlocks(hashes.clone(), blockSizeBytes, bytes);
    }

    /** How many full blocks the prompt has. */
    public int length() {
        return hashes.length;
    }

    /** The hash of all blocks up to and with block {@code index}, in [0, {@link #length}). */
    public long hash(int index) {
        return hashes[index];
    }

    /** Bytes in a block. */
    public int blockSizeBytes() {
        return blockSizeBytes;
    }

    /** Length of the prompt in bytes, the incomplete last block included. */
    public long bytes() {
        return bytes;
    }

    /** The size only: hashes would tell who sends the same prompt. */
    @Override
    public String toString() {
        return "PromptBlocks[length=%d, bytes=%d]".formatted(length(), bytes);
    }
}
