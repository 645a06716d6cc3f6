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
