package dev.warmlane.tools.replay.load;

import java.util.SplittableRandom;

/** Makes chained block hashes for prompts that do not exist. A text is told by a family and its number in there. */
final class BlockChain {
    private BlockChain() {}

    /** The hashes of the full blocks of a text that begins with tokens of a shared one and goes on with its own. */
    static long[] hashes(int tokens, int sharedTokens, long sharedFamily, long shared, long ownFamily, long own) {
        long[] hashes = new long[tokens / Load.BLOCK_SIZE_TOKENS];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] =
                    i < sharedTokens / Load.BLOCK_SIZE_TOKENS ? hash(sharedFamily, shared, i) : hash(ownFamily, own, i);
        }
        return hashes;
    }

    /** The hash of block {@code index} of a text. */
    static long hash(long family, long number, int index) {
        return mix(mix(mix(family) + number) + index);
    }

    /** Spreads consecutive numbers over all 64 bits. */
    private static long mix(long value) {
        return new SplittableRandom(value).nextLong();
    }
}
