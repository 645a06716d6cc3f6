package dev.warmlane.ops.actuator;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.routing.DecisionLog;
import dev.warmlane.core.routing.EndpointTallies.Silence;
import dev.warmlane.core.routing.EndpointTallies.Tally;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingDecision.Candidate;
import dev.warmlane.core.routing.RoutingDecision.Candidate.Cost;
import dev.warmlane.core.routing.RoutingRequest.PrefillBypass;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /actuator/decisions}.
 *
 * @param decisions the last ones, newest first
 * @param delivery what each endpoint delivered of what was predicted
 */
public record DecisionsStatus(List<DecisionStatus> decisions, List<PredictionStatus> delivery) {

    /**
     * One decision in {@code /actuator/decisions}. Tokens are estimates of the gateway; costs are prefill tokens.
     *
     * @param at when it was taken
     * @param requestId the {@code x-request-id} of the request; null where it was only asked about
     * @param pool the pool's name
     * @param names what its client's name for a model stands for, step by step, in what is explained; absent where it named the model
     * @param endpoint the chosen endpoint's name
     * @param key the key that decided: session, client-ip, prompt-prefix or none
     * @param outcome bound, placed, moved or spilled
     * @param model as the request names it, at most 128 characters; null where nobody had to look, or it was only asked about
     * @param status that the endpoint responded with; null before, and where it gave no response
     * @param failure why the endpoint did not serve it; null where it did, or has not failed yet
     * @param firstByteMillis from the decision to the first byte of the response, of a stream to its first token; null before
     * @param promptTokens L: tokens of the prompt
     * @param matchedTokens of those, predicted to be in the endpoint's cache
     * @param uncachedTokens of those, to be computed
     * @param deliveredTokens of those, what the endpoint reported as cached; null before its response is complete, or if it does not say
     * @param candidates every endpoint that was weighed; empty where the policy weighs none
     * @param prefill the endpoint that computed the prompt first; absent where the chosen one did
     * @param prefillBypass why the chosen endpoint computed the prompt itself; absent where it did not, and in pools without roles
     */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record DecisionStatus(
            Instant at,
            @Nullable String requestId,
            String pool,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> names,
            String endpoint,
            String key,
            String outcome,
            @Nullable String model,
            @Nullable Integer status,
            @Nullable String failure,
            @Nullable Double firstByteMillis,
            long promptTokens,
            long matchedTokens,
            long uncachedTokens,
            @Nullable Long deliveredTokens,
            List<CandidateStatus> candidates,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            PrefillStatus prefill,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String prefillBypass) {
        private static final double NANOS_PER_MILLI = 1e6;

        /**
         * The endpoint that computes a prompt for another.
         *
         * @param endpoint its name
         * @param matchedTokens leading tokens of the prompt that it is predicted to hold
         * @param uncachedTokens those that it has to compute
         * @param failure why it did not; null where it did, or has not failed yet
         * @param firstByteMillis from the decision to its response; null before
         * @param deliveredTokens what it reported as cached; null before its response, or if it does not say
         * @param candidates every prefill endpoint that was weighed
         */
        @JsonInclude(JsonInclude.Include.ALWAYS)
        public record PrefillStatus(
                String endpoint,
                long matchedTokens,
                long uncachedTokens,
                @Nullable String failure,
                @Nullable Double firstByteMillis,
                @Nullable Long deliveredTokens,
                List<CandidateStatus> candidates) {

            static @Nullable PrefillStatus of(@Nullable RoutingDecision leg, DecisionLog.@Nullable Entry taken) {
                if (leg == null) {
                    return null;
                }
                FailureCause failure = taken == null ? null : taken.failure();
                Long firstByteNanos = taken == null ? null : taken.firstByteNanos();
                return new PrefillStatus(
                        leg.endpoint().name(),
                        leg.matchedTokens(),
                        leg.uncachedTokens(),
                        failure == null ? null : failure.words(),
                        firstByteNanos == null ? null : firstByteNanos / NANOS_PER_MILLI,
                        taken == null ? null : taken.deliveredTokens(),
                        leg.candidates().stream().map(CandidateStatus::of).toList());
            }
        }

        /**
         * One endpoint that was weighed.
         *
         * @param endpoint its name
         * @param cost the sum of the terms; the smallest wins, close ones count as equal
         * @param terms what it is made of
         * @param prefillTokens P: uncached tokens in flight there whose first byte has not come back
         * @param uncachedTokens u: tokens of this prompt that it does not hold
         * @param inFlight n: requests in flight there
         * @param inFlightPromptTokens R: their prompt tokens
         * @param usualPromptTokens R as it was on average over the last minute, which counts if it is more and the key is not bound
         * @param replicasInFlight of n, those of the other replicas of this gateway
         * @param matchedTokens leading tokens of this prompt that it is predicted to hold
         * @param bound whether the key is bound to it
         * @param prefill the endpoint that would compute the prompt for it, whose cost is in the terms; absent: it does itself
         */
        public record CandidateStatus(
                String endpoint,
                double cost,
                TermsStatus terms,
                long prefillTokens,
                long uncachedTokens,
                int inFlight,
                long inFlightPromptTokens,
                long usualPromptTokens,
                int replicasInFlight,
                long matchedTokens,
                boolean bound,

                @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
                String prefill) {

            static CandidateStatus of(Candidate candidate) {
                Endpoint prefill = candidate.prefill();
                return new CandidateStatus(
                        candidate.endpoint().name(),
                        candidate.cost(),
                        TermsStatus.of(candidate.terms(), candidate.prefill() != null),
                        candidate.prefillTokens(),
                        candidate.uncachedTokens(),
                        candidate.requests(),
                        candidate.promptTokens(),
                        candidate.usualTokens(),
                        candidate.replicaRequests(),
                        candidate.matchedTokens(),
                        candidate.bound(),
                        prefill == null ? null : prefill.name());
            }
        }

        /**
         * A cost, term by term: {@code waiting + computing + delaying + decoding + loading + transferring - staying}.
         *
         * @param waiting P
         * @param computing kappa times what it does not hold, less what others will use of that
         * @param delaying beta times n times what it does not hold
         * @param decoding lambda times the prompt tokens in flight, this one's included
         * @param loading the adapter, where it is not loaded; 0 where the request needs none or the engine does not tell
         * @param transferring what it does not hold, from the prefill endpoint; absent where there is none
         * @param staying H if the key is bound there, else 0
         */
        public record TermsStatus(
                double waiting,
                double computing,
                double delaying,
                double decoding,
                double loading,

                @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
                Double transferring,

                double staying) {

            static TermsStatus of(Cost cost, boolean transfers) {
                return new TermsStatus(
                        cost.waiting(),
                        cost.computing(),
                        cost.delaying(),
                        cost.decoding(),
                        cost.loading(),
                        transfers ? (Double) cost.transferring() : null,
                        cost.staying());
            }
        }

        /** One that was taken. */
        static DecisionStatus of(String pool, DecisionLog.Entry entry) {
            return of(entry.at(), pool, List.of(), entry.decision(), entry);
        }

        /** One that would be taken now. */
        static DecisionStatus of(Instant at, String pool, List<String> names, RoutingDecision decision) {
            return of(at, pool, names, decision, null);
        }

        private static DecisionStatus of(
                Instant at,
                String pool,
                List<String> names,
                RoutingDecision decision,
                DecisionLog.@Nullable Entry taken) {
            FailureCause failure = taken == null ? null : taken.failure();
            Long firstByteNanos = taken == null ? null : taken.firstByteNanos();
            PrefillBypass bypass = decision.bypass();
            return new DecisionStatus(
                    at,
                    decision.request().id(),
                    pool,
                    names,
                    decision.endpoint().name(),
                    decision.source().label(),
                    decision.outcome().label(),
                    decision.request().model(),
                    taken == null ? null : taken.status(),
                    failure == null ? null : failure.words(),
                    firstByteNanos == null ? null : firstByteNanos / NANOS_PER_MILLI,
                    decision.promptTokens(),
                    decision.matchedTokens(),
                    decision.uncachedTokens(),
                    taken == null ? null : taken.deliveredTokens(),
                    decision.candidates().stream().map(CandidateStatus::of).toList(),
                    PrefillStatus.of(decision.prefill(), taken == null ? null : taken.prefill()),
                    bypass == null ? null : bypass.label());
        }
    }

    /**
     * Predicted against delivered cache hits of one endpoint, over the responses that said how many tokens were cached.
     *
     * @param pool the pool's name
     * @param endpoint its name
     * @param answers responses that said so
     * @param predictedTokens tokens predicted to be cached
     * @param deliveredTokens tokens that were
     * @param advice what to do where it does not report them; null where it does
     */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record PredictionStatus(
            String pool,
            String endpoint,
            long answers,
            long predictedTokens,
            long deliveredTokens,
            @Nullable String advice) {

        static PredictionStatus of(String pool, String endpoint, Tally tally) {
            return new PredictionStatus(
                    pool,
                    endpoint,
                    tally.responses(),
                    tally.predictedTokens(),
                    tally.cachedTokens(),
                    advice(tally.silence()));
        }

        private static @Nullable String advice(Silence silence) {
            return switch (silence) {
                case NONE -> null;
                case CACHED_TOKENS -> "does not report cached tokens: start vLLM with --enable-prompt-tokens-details";
                case USAGE -> "does not report usage: set warmlane.usage.request, or let clients ask for it";
            };
        }
    }
}
