package dev.warmlane.core.prefix.reuse;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.reuse.SampledLru.Samples;
import org.jspecify.annotations.Nullable;

/**
 * What replicas tell each other of a request's prompt and of its response: of the blocks, only those that are sampled. Immutable as
 * long as nobody writes to the arrays.
 */
public sealed interface ToldUse {
    /** Sampled blocks of one prompt; fits into a message. */
    int MOST_SAMPLED = 2500;

    /** Bytes of prompt for one token; what is learned lies between this and {@link #MOST_BYTES_PER_TOKEN}. */
    double LEAST_BYTES_PER_TOKEN = 0.5;

    double MOST_BYTES_PER_TOKEN = 64;

    /** Of bytes and tokens: more than any request has, and sums of them stay exact. */
    long MOST_COUNTED = 1L << 40;

    /** Whether the values are possible at all: other replicas may send anything. */
    boolean isSound();

    /**
     * A prompt without its blocks.
     *
     * @param key its session, as a hash; 0 if it has none
     * @param endpoint where it goes, as a hash that is the same at all replicas
     * @param bytes of it
     * @param length full blocks
     * @param lastBlock hash of the last one; 0 if there is none
     * @param bytesPerToken of it
     */
    record Prompt(
            long key, int endpoint, long bytes, int length, int blockSizeBytes, long lastBlock, double bytesPerToken) {
        /** The prompt that these blocks are of. */
        public static Prompt of(PromptBlocks blocks, long key, int endpoint, double bytesPerToken) {
            int length = blocks.length();
            long lastBlock = length == 0 ? 0 : blocks.hash(length - 1);
            return new Prompt(key, endpoint, blocks.bytes(), length, blocks.blockSizeBytes(), lastBlock, bytesPerToken);
        }

        private boolean isSound() {
            return length >= 0
                    && blockSizeBytes > 0
                    && (long) length * blockSizeBytes <= bytes
                    && bytes <= MOST_COUNTED
                    && bytesPerToken >= LEAST_BYTES_PER_TOKEN
                    && bytesPerToken <= MOST_BYTES_PER_TOKEN;
        }

        double tokens() {
            return bytes / bytesPerToken;
        }

        double blockTokens() {
            return blockSizeBytes / bytesPerToken;
        }

        /** Blocks that can be hits: at least one token of a prompt is computed. */
        int hittable() {
            return (long) length * blockSizeBytes == bytes ? Math.max(0, length - 1) : length;
        }
    }

    /**
     * A request is sent.
     *
     * @param beginnings of the hashes of those of {@link #COMPARED_BLOCKS} that it has
     * @param continued blocks of its session's last prompt, if it begins with them; otherwise 0
     * @param threshold keys under it are sampled
     * @param at which of its blocks are, from 0, upwards
     * @param blocks the same, as {@link Samples#block} spreads them
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Sent(Prompt prompt, int[] beginnings, int continued, long threshold, int[] at, long[] blocks)
            implements ToldUse {
        /** The blocks by which prompts of a session are compared, from 1. */
        static final int[] COMPARED_BLOCKS = {1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 48, 64, 96, 128};

        /** Of the hashes of those of {@link #COMPARED_BLOCKS} that a prompt has. */
        static int[] beginnings(PromptBlocks prompt) {
            int compared = 0;
            while (compared < COMPARED_BLOCKS.length && COMPARED_BLOCKS[compared] <= prompt.length()) {
                compared++;
            }
            int[] all = new int[compared];
            for (int i = 0; i < compared; i++) {
                all[i] = (int) prompt.hash(COMPARED_BLOCKS[i] - 1);
            }
            return all;
        }

        @Override
        public boolean isSound() {
            for (int i = 0; i < at.length && i < blocks.length; i++) {
                if (at[i] <= (i == 0 ? -1 : at[i - 1]) || at[i] >= prompt.length || !Samples.isBlock(blocks[i])) {
                    return false;
                }
            }
            return prompt.isSound()
                    && beginnings.length <= COMPARED_BLOCKS.length
                    && continued >= 0
                    && continued <= prompt.length
                    && threshold > 0
                    && threshold <= Samples.ALL
                    && at.length == blocks.length
                    && at.length <= MOST_SAMPLED;
        }
    }

    /**
     * A response is complete; numbers of tokens.
     *
     * @param predicted of its prompt to be cached; null if nothing was predicted
     * @param cached of its prompt; null if the engine does not say
     */
    record Completed(
            Prompt prompt,
            @Nullable Long predicted,
            long promptTokens,
            long outputTokens,
            @Nullable Long cached) implements ToldUse {
        @Override
        public boolean isSound() {
            return prompt.isSound()
                    && isNumber(promptTokens)
                    && isNumber(outputTokens)
                    && (predicted == null || isNumber(predicted))
                    && (cached == null || isNumber(cached));
        }

        private static boolean isNumber(long tokens) {
            return tokens >= 0 && tokens <= MOST_COUNTED;
        }
    }
}
