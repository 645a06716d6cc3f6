package dev.warmlane.core.prefix;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
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
     * How often blocks that only some endpoints hold are used, by whomever but one user alone. Where contents keep no rates, nothing comes often.
     *
     * @param from leading blocks that need no answer
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
}
