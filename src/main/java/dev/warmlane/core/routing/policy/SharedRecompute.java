package dev.warmlane.core.routing.policy;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PredictedContents.BlockUses;
import dev.warmlane.core.prefix.PredictedContents.PrefixMatch;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.RoutingView;

/**
 * How much of the work of computing a prompt will be reused by later requests at the same endpoint. What recomputing a block costs
 * is divided by the uses that it would find, from a few on:
 * <pre>
 *   tokens / (1 + max(0, x - shared-uses))    x = uses a second of the block * seconds that it lives there / endpoints
 * </pre>
 * So a beginning that many prompts share spreads to all endpoints by itself, and one that comes seldom does not: with eight
 * endpoints and blocks that live ten minutes, from a use in 19 seconds on. Uses are those of the whole pool, with a memory of two
 * minutes, and a burst of equal prompts is one of them; a block lives for as long as the endpoint's oldest was not used, ten minutes
 * at most, since rates change. The request itself waits
 * for all that it computes, and delays others by it: those terms take the real tokens.
 *
 * <p>Without the threshold, groups that come now and then lose hits at light load (.936 to .896 in a replay). For one decision;
 * not thread-safe.
 */
final class SharedRecompute {
    private static final double MOST_RESIDENCE_SECONDS = 600;

    private final CostParameters parameters;
    private final RoutingView pool;
    private final int endpoints;
    private final double blockTokens;
    private final BlockUses uses;
    private int lastMatched = -1;
    private double lastResidence;
    private double lastSaved;

    /**
     * For a prompt that is to go to one of the endpoints of the match.
     *
     * @param blockTokens tokens in a block
     */
    SharedRecompute(
            CostParameters parameters, RoutingView pool, PromptBlocks prompt, PrefixMatch match, double blockTokens) {
        this.parameters = parameters;
        this.pool = pool;
        this.endpoints = match.size();
        this.blockTokens = blockTokens;
        int fewest = Integer.MAX_VALUE;
        int most = 0;
        for (int i = 0; i < endpoints; i++) {
            fewest = Math.min(fewest, match.matchedBlocks(i));
            most = Math.max(most, match.matchedBlocks(i));
        }
        double least = parameters.sharedUses() * endpoints / MOST_RESIDENCE_SECONDS;
        this.uses = fewest < most ? pool.uses(prompt, fewest, most, least) : BlockUses.NONE;
    }

    /** What others will have of it, in prefill tokens, if an endpoint computes all but the leading blocks that it holds. */
    double savedTokens(int matchedBlocks, EndpointId endpoint) {
        if (uses.size() == 0 || matchedBlocks >= uses.end(uses.size() - 1)) {
            return 0;
        }
        double residence = Math.min(MOST_RESIDENCE_SECONDS, pool.residenceSeconds(endpoint));
        if (matchedBlocks != lastMatched || residence != lastResidence) {
            lastSaved = saved(matchedBlocks, residence);
            lastMatched = matchedBlocks;
            lastResidence = residence;
        }
        return lastSaved;
    }

    private double saved(int matchedBlocks, double residence) {
        double saved = 0;
        int from = matchedBlocks;
        for (int stretch = 0; stretch < uses.size(); stretch++) {
            int end = uses.end(stretch);
            double found = uses.perSecond(stretch) * residence / endpoints;
            if (end > from) {
                double over = Math.max(0, found - parameters.sharedUses());
                saved += parameters.prefillBetween(from * blockTokens, end * blockTokens) * over / (1 + over);
                from = end;
            }
        }
        return saved;
    }
}
