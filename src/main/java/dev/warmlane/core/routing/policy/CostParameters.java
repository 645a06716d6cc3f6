package dev.warmlane.core.routing.policy;

import dev.warmlane.core.routing.EndpointSpeeds;
import dev.warmlane.core.routing.PolicyParameters;
import java.util.Locale;

/**
 * The constants of the expected-cost rule. Tokens are prefill tokens of the served model, the currency of all costs.
 *
 * @param recompute kappa: price of a token computed again, for the request's own delay, eviction and future load; at least 0
 * @param delay beta: price of delaying each other request in flight by a token of prefill; at least 0
 * @param load lambda for each 1,000 output tokens expected: price of a prompt token in flight, which every decoding step of
 *     the endpoint reads again; at least 0
 * @param stayForSeconds H: how much later a first token may come so that a bound session stays with its endpoint; at least 0
 * @param stickinessPerLoss tokens of waiting that it accepts at most for each that moving would compute again, where the
 *     endpoint has no room; at least 0
 * @param clientIpStickiness share of it for a key that many users may share; in [0, 1]
 * @param attentionTokens alpha: the position at which attention costs as much as the rest of a prefill token; above 0
 * @param tieTokens costs this close count as equal; at least 0
 * @param sharedUses uses of a block that an endpoint would find, from which on computing it there is shared with them; at
 *     least 0
 * @param transferSecondsPerToken what fetching the KV blocks of a token is expected to take until it is learned; above 0
 * @param alwaysPrefill whether prompts are computed by prefill endpoints wherever there are any, whatever it costs
 * @param bothPrefill whether endpoints that compute whole requests also compute prompts for decode endpoints
 */
public record CostParameters(
        double recompute,
        double delay,
        double load,
        double stayForSeconds,
        double stickinessPerLoss,
        double clientIpStickiness,
        double attentionTokens,
        double tieTokens,
        double sharedUses,
        double transferSecondsPerToken,
        boolean alwaysPrefill,
        boolean bothPrefill) {

    /** The default of what files of earlier versions do not have. */
    private static final double SHARED_USES = 4;

    private static final double STICKINESS_PER_LOSS = 5;

    /** An 8B model with 8 KV heads of 128 and 32 layers, in 16 bits. */
    private static final double KV_BYTES_PER_TOKEN = 131_072;

    private static final double TRANSFER_GBPS = 100;
    private static final double BITS = 8;
    private static final double GIGA = 1e9;

    /** Reads them from a policy's parameters. */
    static CostParameters read(PolicyParameters parameters) {
        return new CostParameters(
                parameters.number("kappa", 0),
                parameters.number("beta", 0),
                parameters.number("lambda-per-1000-output-tokens", 0),
                stayFor(parameters),
                parameters.number("stickiness-per-loss", 0, Double.MAX_VALUE, STICKINESS_PER_LOSS),
                parameters.number("client-ip-stickiness", 0, 1),
                parameters.number("alpha-tokens", 1),
                parameters.number("tie-tokens", 0),
                parameters.number("shared-uses", 0, Double.MAX_VALUE, SHARED_USES),
                parameters.number("kv-bytes-per-token", 1, Integer.MAX_VALUE, KV_BYTES_PER_TOKEN)
                        * BITS
                        / (parameters.number("transfer-gbps", 0.01, 1e6, TRANSFER_GBPS) * GIGA),
                parameters.number("always-prefill", 0, 1, 0) > 0,
                parameters.number("both-prefill", 0, 1, 0) > 0);
    }

    /** In files and settings of earlier versions it is a number of tokens, which goes first where somebody has given one. */
    private static double stayFor(PolicyParameters parameters) {
        double seconds = parameters.seconds("stay-for");
        if (!parameters.has("stickiness-tokens")) {
            return seconds;
        }
        double tokens = parameters.number("stickiness-tokens", 0);
        double became = tokens * EndpointSpeeds.PRIOR_SECONDS;
        parameters.note(String.format(Locale.ROOT, "stickiness-tokens: %.0f is now stay-for: %.2fs", tokens, became));
        return became;
    }

    /** What it costs to compute the tokens from one position of a prompt to another. */
    double prefillBetween(double from, double to) {
        return (to - from) * (1 + (from + to) / 2 / attentionTokens);
    }

    /** W(u, L): the cost of computing the last tokens of a prompt, of which late ones attend to more. */
    double prefill(long uncachedTokens, long promptTokens) {
        return uncachedTokens * (1 + (promptTokens - uncachedTokens / 2.0) / attentionTokens);
    }
}
