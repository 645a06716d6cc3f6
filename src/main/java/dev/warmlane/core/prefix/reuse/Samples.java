package dev.warmlane.core.prefix.reuse;

/** Chooses a sample of all blocks by their hashes, always the same ones. */
final class Samples {
    /** No key is as high. */
    static final long ALL = 1L << 31;

    private static final long ENDPOINT = 0xFFFF;

    private Samples() {}

    /** A block as it is sampled: spread, since a trace may number its blocks 1, 2, 3; its lowest bits are free. Never 0. */
    static long block(long hash) {
        return ((hash * 0xC4CEB9FE1A85EC53L) & ~ENDPOINT) | 1;
    }

    /** The block as one endpoint has it, in the sample if the block is. */
    static long at(int endpoint, long block) {
        int spread = endpoint * 0x9E3779B9;
        return (block & ~ENDPOINT) | Math.max(2, spread >>> 16);
    }

    /** Of a block, in [0, {@link #ALL}): those whose keys are the smallest are the sample. */
    static int key(long block) {
        return (int) (block >>> 33);
    }

    /** Spreads blocks over a table that has a power of two of cells, at most 2^20. */
    static int cell(long block, int mask) {
        return (int) ((block * 0x9E3779B97F4A7C15L) >>> 44) & mask;
    }
}
