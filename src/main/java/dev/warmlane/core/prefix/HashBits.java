package dev.warmlane.core.prefix;

import dev.warmlane.core.prefix.PromptBlocks.PromptHasher;

/**
 * Spreads block hashes over tables. They are well mixed when they come from {@link PromptHasher}, but a trace may number its
 * blocks 1, 2, 3, so they are multiplied by the golden ratio first.
 */
final class HashBits {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;
    private static final int LOW_BITS = 26;

    private HashBits() {}

    /** The highest bits, in [0, 2^bits). */
    static int high(long hash, int bits) {
        return (int) ((hash * GOLDEN) >>> (Long.SIZE - bits));
    }

    /** {@value #LOW_BITS} bits and more that the six highest say nothing of. */
    static int low(long hash) {
        return (int) ((hash * GOLDEN) >>> (Long.SIZE - 6 - LOW_BITS));
    }
}
