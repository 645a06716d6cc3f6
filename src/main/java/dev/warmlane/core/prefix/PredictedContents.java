package dev.warmlane.core.prefix;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import java.util.Arrays;
import java.util.List;

/**
 * What the KV cache of each endpoint is predicted to hold. An endpoint that was never heard of holds nothing. Implementations
 * are bounded, safe for concurrent use, and never block: they are read and written while a request is on its way.
 */
public interface PredictedContents {

    /** How many leading blocks of the prompt each of these endpoints holds; none for an endpoint that is not known. */
    PrefixMatch match(PromptBlocks prompt, List<Endpoint> candidates);

    /**
     * Counts a use of the blocks that some endpoint holds, before it is noted where the prompt goes.
     *
     * @param user who uses them: turns of one conversation count once until somebody else comes
     */
    default void used(PromptBlocks prompt, long user) {}

    /**
     * How often blocks that only some endpoints hold are used; uses by one user in a row count once. Where contents keep no rates,
     * nothing comes often.
     *
     * @param from leading blocks that are left out
     * @param held leading blocks that some endpoint holds, at least {@code from}
     * @param leastPerSecond what comes less often than this is left out
     */
    default BlockUses uses(PromptBlocks prompt, int from, int held, double leastPerSecond) {
        return BlockUses.NONE;
    }

    /**
     * How long a block that is not used lives at the endpoint, in seconds: the age of what it would evict next. Infinite while
     * it has room left; 0 where contents do not know.
     */
    default double residenceSeconds(EndpointId endpoint) {
        return 0;
    }

    /** How many more blocks the endpoint's cache takes before it evicts any; 0 where contents do not know. */
    default long freeBlocks(EndpointId endpoint) {
        return 0;
    }

    /** How many blocks the endpoint's cache holds, as far as anybody has said; infinite where nobody has. */
    default double capacityBlocks(EndpointId endpoint) {
        return Double.POSITIVE_INFINITY;
    }

    /**
     * Notes that the endpoint computes this prompt: its blocks are the most recently used from now on.
     *
     * @return how many leading blocks of it the endpoint held before, as far as it can hold them at all
     */
    int insert(EndpointId endpoint, PromptBlocks prompt);

    /**
     * Corrects a prediction that was too high: the endpoint forgets the prompt's blocks beyond those it holds.
     *
     * @param heldBlocks leading blocks that the endpoint does hold, at least 0
     */
    void trim(EndpointId endpoint, PromptBlocks prompt, int heldBlocks);

    /**
     * Corrects how much the endpoint is believed to hold, after a prediction met the truth. What it was predicted to hold of
     * that prompt stays: by now it has computed it.
     *
     * @param missedBlocks of a prompt that it held and that were not predicted; negative for those predicted and not held
     */
    void correct(EndpointId endpoint, double missedBlocks);

    /**
     * Sets how many blocks the endpoint holds; it evicts what is over.
     *
     * @throws IllegalArgumentException if that is less than 1
     */
    void capacity(EndpointId endpoint, long blocks);

    /** The endpoint's cache has become empty, as its process is another one. */
    default void emptied(EndpointId endpoint) {
        remove(endpoint);
    }

    /** Forgets the endpoint, which has left: what it held, and its capacity. */
    void remove(EndpointId endpoint);

    /**
     * How many leading blocks of one prompt each of several endpoints is predicted to hold, in the order in which the endpoints
     * were asked about. Immutable.
     */
    final class PrefixMatch {
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

    /**
     * How often parts of one prompt come, from whomever: a number of stretches of leading blocks, one behind the other, each with
     * its uses a second. Behind them nothing comes often. Immutable.
     */
    final class BlockUses {
        /** Nothing is known to come often. */
        public static final BlockUses NONE = new BlockUses(0);

        private int[] ends;
        private double[] perSecond;
        private int size;

        BlockUses(int capacity) {
            this.ends = new int[capacity];
            this.perSecond = new double[capacity];
        }

        /** While it is made. */
        void add(int end, double usesPerSecond) {
            if (size == ends.length) {
                ends = Arrays.copyOf(ends, 2 * size);
                perSecond = Arrays.copyOf(perSecond, 2 * size);
            }
            ends[size] = end;
            perSecond[size++] = usesPerSecond;
        }

        /** How many stretches there are. */
        public int size() {
            return size;
        }

        /** The block behind the last one of a stretch; the next stretch begins there. */
        public int end(int stretch) {
            return ends[stretch];
        }

        /** How often the stretch comes as a whole. */
        public double perSecond(int stretch) {
            return perSecond[stretch];
        }
    }
}
