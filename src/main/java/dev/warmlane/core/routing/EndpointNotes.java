package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.Endpoint.EndpointLoad.EndpointAdapters;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.prefix.PromptBlocks;

/**
 * Notes what becomes known of a pool's endpoints in other ways than by the requests that are sent to them. Nothing that is noted of
 * an endpoint outlives it. Safe for concurrent use; never blocks.
 */
public final class EndpointNotes {
    private final EndpointPool pool;
    private final PoolMemory memory;

    EndpointNotes(EndpointPool pool, PoolMemory memory) {
        this.pool = pool;
        this.memory = memory;
    }

    /** The endpoint is another process than before: its cache is empty, what is bound to it stays so. */
    public void restarted(EndpointId endpoint) {
        memory.tallies().opened(endpoint).restart();
        forgetContents(endpoint);
    }

    /** Predicts from now on that the endpoint's cache is empty, until it is told otherwise. */
    public void forgetContents(EndpointId endpoint) {
        memory.restarted(endpoint);
        forgetIfGone(endpoint);
    }

    /** The endpoint has computed this prompt though no client sent it there. */
    public void warmed(EndpointId endpoint, PromptBlocks prompt) {
        memory.warmed(endpoint, prompt);
        forgetIfGone(endpoint);
    }

    /** The endpoint's KV cache holds this many tokens. */
    public void capacity(EndpointId endpoint, long tokens) {
        memory.capacity(endpoint, tokens);
        forgetIfGone(endpoint);
    }

    /** The endpoint says that it has this many requests, running and queued. */
    public void reported(EndpointId endpoint, long requests) {
        memory.observed(endpoint, requests);
        forgetIfGone(endpoint);
    }

    /** The endpoint says which adapters its requests use. */
    public void reported(EndpointId endpoint, EndpointAdapters adapters) {
        memory.adapters().observed(endpoint, adapters);
        forgetIfGone(endpoint);
    }

    /** To be called after a request was dispatched: its endpoint may have left meanwhile. */
    void dispatched(RoutingDecision decision) {
        if (forgetIfGone(decision.endpoint().id())) {
            memory.unbind(decision);
        }
    }

    /**
     * To be called after something but a binding was noted of an endpoint: it may have left meanwhile, and yet send responses.
     *
     * @return whether it has left
     */
    boolean forgetIfGone(EndpointId endpoint) {
        boolean isGone = !pool.snapshot().contains(endpoint);
        if (isGone) {
            memory.forget(endpoint);
        }
        return isGone;
    }
}
