package dev.warmlane.core.routing.policy;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.RoutingDecision.Candidate;
import dev.warmlane.core.routing.RoutingView;
import java.util.List;

/**
 * Where a session begins. It stays there and comes again with a context that grows, but between its turns it is not in flight: an
 * endpoint with several long sessions passes for idle when another begins, and then a beginning that all share, a small part of their
 * prompts, brings them all to one endpoint. So a session begins at an endpoint that has had nothing to do for minutes and has room for its
 * whole prompt more than the cheapest, if recomputing what that one holds is little beside what has to be computed there as well.
 */
final class FirstTurns {
    /** Of what computing costs at the cheapest endpoint: a shared beginning of some 4,000 tokens before 25,000 or more of its own. */
    private static final double LITTLE = 0.2;

    private FirstTurns() {}

    /**
     * The endpoint with the most room of those where the session may begin; the cheapest if there is none.
     *
     * @param cheapest of the candidates, or as cheap as that
     */
    static Candidate place(Candidate cheapest, List<Candidate> candidates, PromptBlocks prompt, RoutingView pool) {
        double most = cheapest.cost() + LITTLE * cheapest.terms().computing();
        long needed = pool.freeBlocks(cheapest.endpoint().id()) + prompt.length();
        Candidate place = cheapest;
        for (Candidate candidate : candidates) {
            if (candidate.cost() <= most && isIdle(candidate)) {
                long free = pool.freeBlocks(candidate.endpoint().id());
                if (free >= needed) {
                    place = candidate;
                    needed = free + 1;
                }
            }
        }
        return place;
    }

    /** What is usual fades within ten minutes, so this is certain. */
    private static boolean isIdle(Candidate candidate) {
        return candidate.requests() == 0 && candidate.usualTokens() == 0;
    }
}
