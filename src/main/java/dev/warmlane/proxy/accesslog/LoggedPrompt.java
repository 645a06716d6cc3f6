package dev.warmlane.proxy.accesslog;

import dev.warmlane.core.prefix.PromptBlocks;
import java.util.function.LongConsumer;

/**
 * What the log keeps of a prompt: its length, and where it parts from others, in steps of {@value #BLOCK_BYTES} bytes, about
 * the 512 tokens of the public traces' blocks. Immutable.
 */
public final class LoggedPrompt {
    /** Bytes of canonical prompt for each hash of a line. */
    public static final int BLOCK_BYTES = 2048;

    /** Hashes in a line at most: 1 MB of prompt. */
    public static final int MAX_HASHES = 512;

    private final long bytes;
    private final long[] hashes;

    private LoggedPrompt(long bytes, long[] hashes) {
        this.bytes = bytes;
        this.hashes = hashes;
    }

    /** @param prompt in blocks of a size that divides {@link #BLOCK_BYTES} */
    public static LoggedPrompt of(PromptBlocks prompt) {
        int step = BLOCK_BYTES / prompt.blockSizeBytes();
        long[] hashes = new long[Math.min(MAX_HASHES, prompt.length() / step)];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = prompt.hash((i + 1) * step - 1);
        }
        return new LoggedPrompt(prompt.bytes(), hashes);
    }

    /** Length of the canonical prompt. */
    long bytes() {
        return bytes;
    }

    /** Passes the chained hashes on, first block first. */
    void forEachHash(LongConsumer action) {
        for (long hash : hashes) {
            action.accept(hash);
        }
    }
}
