package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.routing.AdapterSlots.Fit;
import org.jspecify.annotations.Nullable;

/**
 * What one endpoint would have cost a request, and from which numbers.
 *
 * @param endpoint the endpoint
 * @param matchedTokens leading tokens of the prompt that it is predicted to hold
 * @param uncachedTokens u: tokens it would have to compute or, with a prefill endpoint, to fetch
 * @param prefillTokens P: tokens it is computing for others whose first byte has not come back
 * @param requests n: requests in flight there, those of other clients included where there are any
 * @param promptTokens R: their prompt tokens
 * @param usualTokens those that it usually has, where the request is new there; else 0
 * @param replicaRequests of n, those of other replicas of this gateway
 * @param bound whether the request's key is bound to it
 * @param adapter what the request's adapter finds there; null where it needs none or the engine does not tell
 * @param terms what makes up its cost, that of the prefill endpoint included
 * @param prefill who would compute the prompt for it; null: it does
 */
public record Candidate(
        Endpoint endpoint,
        long matchedTokens,
        long uncachedTokens,
        long prefillTokens,
        int requests,
        long promptTokens,
        long usualTokens,
        int replicaRequests,
        boolean bound,
        @Nullable Fit adapter,
        Cost terms,
        @Nullable Endpoint prefill) {

    /**
     * The same at another cost.
     *
     * @param other who computes the prompt for it; null: it does
     */
    public Candidate by(@Nullable Endpoint other, Cost cost) {
        return new Candidate(
                endpoint,
                matchedTokens,
                uncachedTokens,
                prefillTokens,
                requests,
                promptTokens,
                usualTokens,
                replicaRequests,
                bound,
                adapter,
                cost,
                other);
    }

    /** Whether its adapter has to be loaded first. */
    boolean loadsAdapter() {
        return adapter != null && adapter != Fit.LOADED;
    }

    /** What it would cost in all, in prefill tokens; the smallest wins. */
    public double cost() {
        return terms.total();
    }

    /**
     * What a request would cost at one endpoint, term by term, in prefill tokens.
     *
     * @param waiting for what the endpoint computes already
     * @param computing what it does not hold, as far as others will not use it
     * @param delaying the others in flight there
     * @param decoding that the prompts in flight slow down
     * @param loading its adapter, where that is not there; 0 where it needs none or nobody tells
     * @param transferring what it does not hold from the endpoint that computes it; 0 where it computes all itself
     * @param staying what it is worth that the request's key is bound there; taken off
     */
    public record Cost(
            double waiting,
            double computing,
            double delaying,
            double decoding,
            double loading,
            double transferring,
            double staying) {

        /** All of it; the smallest wins. */
        public double total() {
            return waiting + computing + delaying + decoding + loading + transferring - staying;
        }
    }
}
