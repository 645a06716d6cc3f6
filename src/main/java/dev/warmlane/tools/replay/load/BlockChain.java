package dev.warmlane.tools.replay.load;

/** Makes chained block hashes for prompts that do not exist. */
final class BlockChain {
    private BlockChain() {}

    /** The hash of block {@code index} of a text that is told by a family and a number. */
    static long hash(long family, long number, int index) {
        return mix(mix(mix(family) + number) + index);
    }

    /** The finalizer of SplitMix64: spreads consecutive numbers over all 64 bits. */
    private static long mix(long value) {
        long z = value + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
