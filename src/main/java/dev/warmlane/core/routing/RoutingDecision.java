package dev.warmlane.core.routing;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.routing.AdapterSlots.Fit;
import dev.warmlane.core.routing.PoolAverages.UsageReport;
import dev.warmlane.core.routing.RoutingRequest.PrefillBypass;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where a request goes, and why. Immutable; making one changes nothing.
 *
 * @param request what was decided about
 * @param endpoint where it goes
 * @param source the key that decided; {@link KeySource#NONE} where the policy looks at none
 * @param outcome what that did to the affinity of the request
 * @param promptTokens tokens of its prompt, estimated
 * @param uncachedTokens those that the endpoint has to compute
 * @param matchedTokens those that the endpoint is predicted to hold
 * @param candidates every endpoint that was weighed; empty where the policy weighs none
 * @param remember what the pool remembers of it
 * @param prefill who computes the prompt first, of whom the endpoint then fetches it: a decision of its own that has no other; null: the
 *     endpoint does
 * @param bypass why it does; null where it does not, and in a pool that has no roles
 */
public record RoutingDecision(
        RoutingRequest request,
        Endpoint endpoint,
        KeySource source,
        Outcome outcome,
        long promptTokens,
        long uncachedTokens,
        long matchedTokens,
        List<Candidate> candidates,
        Remember remember,
        @Nullable RoutingDecision prefill,
        @Nullable PrefillBypass bypass) {

    /** A decision by the request's own key alone, of which nothing is remembered. */
    public static RoutingDecision byKey(RoutingRequest request, Endpoint endpoint, Outcome outcome) {
        return new RoutingDecision(
                request, endpoint, request.key().source(), outcome, 0, 0, 0, List.of(), Remember.NOTHING, null, null);
    }

    /** A decision that looked at no key, of which nothing is remembered. */
    public static RoutingDecision byLoad(RoutingRequest request, Endpoint endpoint) {
        return new RoutingDecision(
                request, endpoint, KeySource.NONE, Outcome.PLACED, 0, 0, 0, List.of(), Remember.NOTHING, null, null);
    }

    /** The chosen endpoint as it was weighed; null where the policy weighs none. */
    @Nullable
    Candidate chosen() {
        for (Candidate candidate : candidates) {
            if (candidate.endpoint().id().equals(endpoint.id())) {
                return candidate;
            }
        }
        return null;
    }

    /** Tokens of the prompt that were predicted to be cached. Its length is an estimate until a response has reported it. */
    public long predictedTokens(@Nullable UsageReport usage) {
        return usage == null ? matchedTokens : Math.min(matchedTokens, usage.promptTokens());
    }

    /** Whether a session leaves an endpoint that it could have stayed at and that is predicted to hold more of the prompt. */
    public boolean losesHits() {
        if (!source.isSession() || (outcome != Outcome.MOVED && outcome != Outcome.SPILLED)) {
            return false;
        }
        for (Candidate candidate : candidates) {
            if (candidate.bound()) {
                return candidate.matchedTokens() > matchedTokens;
            }
        }
        return false;
    }

    /** The same without the prompt's blocks, which for a long prompt are most of its memory. */
    RoutingDecision withoutPrompt() {
        RoutingDecision leg = prefill == null ? null : prefill.withoutPrompt();
        return changed(request.withoutPrompt(), outcome, uncachedTokens, leg, bypass);
    }

    /** The same with another outcome. */
    RoutingDecision withOutcome(Outcome other) {
        return changed(request, other, uncachedTokens, prefill, bypass);
    }

    /** The same with the prompt computed by another endpoint first, so that this one has nothing to compute. */
    public RoutingDecision withPrefill(RoutingDecision other) {
        return changed(request, outcome, 0, other, null);
    }

    /** The same with the prompt computed by the endpoint itself. */
    public RoutingDecision bypassing(PrefillBypass why) {
        return changed(request, outcome, uncachedTokens, null, why);
    }

    private RoutingDecision changed(
            RoutingRequest about,
            Outcome became,
            long uncached,
            @Nullable RoutingDecision leg,
            @Nullable PrefillBypass why) {
        return new RoutingDecision(
                about, endpoint, source, became, promptTokens, uncached, matchedTokens, candidates, remember, leg, why);
    }

    /** What a decision did with the affinity of its request. */
    public enum Outcome {
        /** Went where it was bound. */
        BOUND,
        /** First placement. */
        PLACED,
        /** Bound anew: its endpoint is gone or cannot take it. */
        MOVED,
        /** Went elsewhere this once; the binding stays. */
        SPILLED;

        /** The name in response headers and metric labels. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What a pool remembers of a decision that was dispatched, so that later requests with the same key or prompt follow. */
    public enum Remember {
        /** Nothing, as by policies that look at neither. */
        NOTHING(false, false),
        /** The endpoint as that of the request's key, unless the request was spilled. */
        BINDING(true, false),
        /** That the endpoint holds the prompt. */
        PROMPT(false, true),
        /** Both. */
        BINDING_AND_PROMPT(true, true);

        private final boolean binding;
        private final boolean prompt;

        Remember(boolean binding, boolean prompt) {
            this.binding = binding;
            this.prompt = prompt;
        }

        boolean binding() {
            return binding;
        }

        boolean prompt() {
            return prompt;
        }
    }

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
         * @param waiting for what the endpoint computes already, and as long as first tokens are late there
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
}
