package dev.warmlane.core.prefix;

/**
 * How many leading blocks of one prompt each of several endpoints is predicted to hold, in the order in which the endpoints
 * were asked about. Immutable.
 */
public final class PrefixMatch {
    private final int[] matchedBlocks;

    /** @param matchedBlocks of each endpoint, in [0, the prompt's length]; not to be changed afterwards */
    public PrefixMatch(int[] matchedBlocks) {
        this.matchedBlocks = matchedBlocks;
    }

    /** How many endpoints were asked about. */
    public int size() {
        return matchedBlocks.length;
    }

    /** Leading blocks that some endpoint holds: the most of all, 0 without endpoints. */
    public int mostBlocks() {
        int most = 0;
        for (int matched : matchedBlocks) {
            most = Math.max(most, matched);
        }
        return most;
    }

    /** Leading blocks that the endpoint at this place holds, in [0, the prompt's length]. */
    public int matchedBlocks(int index) {
        return matchedBlocks[index];
    }
}
