package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.Endpoint.EndpointLoad.EndpointAdapters;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.reuse.CacheUse;
import dev.warmlane.core.prefix.reuse.ToldUse.Completed;
import dev.warmlane.core.routing.AdapterSlots.Fit;
import dev.warmlane.core.routing.KeyBindings.Before;
import dev.warmlane.core.routing.PoolAverages.UsageReport;
import dev.warmlane.core.routing.RoutingDecision.Candidate;
import org.jspecify.annotations.Nullable;

/**
 * Notes what becomes known of a pool's endpoints. Responses teach how fast they are, how many tokens a byte is, and how right the
 * prediction of their caches was, which they correct; what else is known of them, others tell. Nothing that is noted of an endpoint
 * outlives it. Safe for concurrent use; never blocks.
 */
public final class EndpointNotes {
    private final EndpointPool pool;
    private final PoolMemory memory;

    EndpointNotes(EndpointPool pool, PoolMemory memory) {
        this.pool = pool;
        this.memory = memory;
    }

    /** What was seen of the endpoint, for a replica that joins. */
    public EndpointExperience experience(EndpointId endpoint) {
        return memory.speeds().experience(endpoint, memory.usualLoad().promptTokens(endpoint));
    }

    /** Takes over what another replica has seen of the endpoint, where nothing was seen here. */
    public void adopt(EndpointId endpoint, EndpointExperience seen) {
        memory.speeds().adopt(endpoint, seen);
        memory.usualLoad().adopt(endpoint, seen.usualPromptTokens());
        forgetIfGone(endpoint);
    }

    /** The endpoint is another process than before: its cache is empty, what is bound to it stays so. */
    public void restarted(EndpointId endpoint) {
        memory.tallies().opened(endpoint).restart();
        forgetContents(endpoint);
    }

    /** Predicts from now on that the endpoint's cache is empty, until it is told otherwise. */
    public void forgetContents(EndpointId endpoint) {
        memory.contents().emptied(endpoint);
        memory.adapters().emptied(endpoint);
        forgetIfGone(endpoint);
    }

    /** The endpoint has computed this prompt though no client sent it there. */
    public void warmed(EndpointId endpoint, PromptBlocks prompt) {
        memory.contents().insert(endpoint, prompt);
        forgetIfGone(endpoint);
    }

    /** The endpoint's KV cache holds this many tokens. */
    public void capacity(EndpointId endpoint, long tokens) {
        double blocks = tokens * memory.averages().bytesPerToken() / memory.blockSizeBytes();
        memory.contents().capacity(endpoint, Math.max(1, (long) blocks));
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

    /**
     * The first token has come, and nothing before it.
     *
     * @param nanos after the request was sent
     */
    void firstToken(RoutingDecision decision, long nanos) {
        Candidate seen = decision.chosen();
        if (seen == null) {
            return;
        }
        EndpointSpeeds speeds = memory.speeds();
        if (!seen.loadsAdapter()) {
            speeds.firstToken(seen, decision.promptTokens(), nanos);
        } else if (nanos > 0 && seen.adapter() != Fit.WAITS) {
            memory.adapters().loaded(nanos / 1e9 - speeds.expectedSeconds(seen, decision.promptTokens()));
        }
        forgetIfGone(decision.endpoint().id());
    }

    /**
     * The first token has come of a response whose prompt another endpoint computed.
     *
     * @param nanos after the prompt was computed
     */
    void transferred(RoutingDecision decision, long nanos) {
        for (Candidate candidate : decision.candidates()) {
            if (candidate.prefill() != null && candidate.endpoint().equals(decision.endpoint())) {
                double seconds = nanos / 1e9 - memory.speeds().stepSeconds(candidate);
                memory.transfers().learn(candidate.uncachedTokens(), seconds);
                return;
            }
        }
    }

    /** The response is complete: learns from its usage, and corrects what the endpoint is believed to hold. */
    void delivered(RoutingDecision decision, UsageReport usage) {
        memory.tallies().delivered(decision, usage);
        correct(decision, usage);
        learn(decision, usage, isPredicted(decision) ? (Long) decision.matchedTokens() : null);
    }

    /** A prefill leg is complete; it generates nothing that says how long responses are. */
    void prefilled(RoutingDecision leg, UsageReport usage) {
        memory.tallies().delivered(leg, usage);
        correct(leg, usage);
        forgetIfGone(leg.endpoint().id());
    }

    /** The response to a prompt that another endpoint computed is complete: its usage tells what was cached there. */
    void generated(RoutingDecision decision, UsageReport usage) {
        learn(decision, usage, null);
    }

    /** The response is complete and says nothing of its usage. */
    void unreported(RoutingDecision decision) {
        memory.tallies().unreported(decision);
        forgetIfGone(decision.endpoint().id());
    }

    private void learn(RoutingDecision decision, UsageReport usage, @Nullable Long predictedTokens) {
        CacheUse told = memory.cacheUse();
        if (told != null) {
            told.completed(
                    new Completed(
                            memory.toldPrompt(decision),
                            predictedTokens,
                            usage.promptTokens(),
                            usage.outputTokens(),
                            usage.cachedTokens()),
                    memory.nanoTime());
        }
        memory.averages().learn(decision.request().prompt().bytes(), usage);
        forgetIfGone(decision.endpoint().id());
    }

    private void correct(RoutingDecision decision, UsageReport usage) {
        Long cachedTokens = usage.cachedTokens();
        if (isPredicted(decision) && cachedTokens != null && usage.promptTokens() > 0) {
            memory.contents().correct(decision.endpoint().id(), missedBlocks(decision, usage, cachedTokens));
        }
    }

    /** A decision that weighed nothing predicted nothing. */
    private static boolean isPredicted(RoutingDecision decision) {
        return decision.request().prompt().length() > 0
                && !decision.candidates().isEmpty();
    }

    /**
     * What the endpoint held and the prediction did not know. A prompt that repeats an earlier response finds that in the cache
     * too, and a block that is cached in part counts for the endpoint alone: neither says that anything was forgotten.
     */
    private double missedBlocks(RoutingDecision decision, UsageReport usage, long cachedTokens) {
        // By the prompt's own ratio: languages differ, and the average would look like a prediction that missed.
        double blocksPerToken =
                (double) decision.request().prompt().bytes() / usage.promptTokens() / memory.blockSizeBytes();
        double missed = cachedTokens * blocksPerToken - memory.predictedBlocks(decision);
        double unknowable = memory.averages().outputTokens() * blocksPerToken + 1;
        return missed < 0 ? missed : Math.max(0, missed - unknowable);
    }

    /** To be called after a request was dispatched: its endpoint may have left meanwhile, and others that the decision saw. */
    void dispatched(RoutingDecision decision) {
        EndpointId endpoint = decision.endpoint().id();
        if (forgetIfGone(endpoint)) {
            memory.keys().unbind(decision.request(), endpoint);
        }
        if (memory.usualLoad().look(decision.candidates())) {
            EndpointSnapshot snapshot = pool.snapshot();
            for (Candidate candidate : decision.candidates()) {
                if (!snapshot.contains(candidate.endpoint().id())) {
                    memory.usualLoad().retire(candidate.endpoint().id());
                }
            }
        }
    }

    /**
     * The endpoint did not take the request: what that has bound is taken back.
     *
     * @param before what was bound before
     */
    void unbound(RoutingDecision decision, Before before) {
        memory.keys().failed(decision, before);
        EndpointId home = before.endpoint();
        if (home != null && !pool.snapshot().contains(home)) {
            memory.keys().unbind(decision.request(), home);
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
