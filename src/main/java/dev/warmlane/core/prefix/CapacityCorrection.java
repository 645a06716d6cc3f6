package dev.warmlane.core.prefix;

/**
 * Learns how large an endpoint's cache is in effect, as a factor on the size that was stated; in [{@value #LEAST}, {@value
 * #MOST}]. Other clients, answers and prompts in progress take room that a gateway does not see, and the stated size may be
 * wrong. Not thread-safe.
 *
 * <p>A block that was predicted and not there was evicted by the endpoint, and all that it had used before then is likely gone
 * too: the index is too large by some blocks. A block that was there and not predicted was forgotten too early. So the size
 * follows the sum of what predictions missed, and predictions cannot stay wrong on one side: over any time they miss at most
 * the blocks by which the size may change, divided by the gain. On a conversation trace a gain of 2 brings an index of half or
 * twice the true size to within 10 % of the delivered tokens; 1 leaves 15 %, 4 follows single requests.
 */
final class CapacityCorrection {
    private static final double GAIN = 2;
    private static final double LEAST = 0.25;
    private static final double MOST = 2;

    private double factor = 1;

    /** @param missed what the endpoint held more than predicted, in parts of its stated size; negative if it held less */
    void learn(double missed) {
        factor = Math.min(MOST, Math.max(LEAST, factor + GAIN * missed));
    }

    /** The size in effect, at least 1. */
    int apply(int statedBlocks) {
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE, Math.round(statedBlocks * factor)));
    }
}
