package dev.warmlane.proxy.prewarm;

import dev.warmlane.core.prefix.PromptBeginning.Shared;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What an empty cache is to be given, in this order. First what no other cache is predicted to hold, as it is to be computed wherever a
 * request for it goes; then what others hold, so that requests for it can come here as well. Immutable.
 */
final class WorthWarming {
    /** Of an endpoint's share of all uses, what nobody holds where one was lost. */
    private static final double LOST_SHARE = 0.5;

    /** Of an endpoint's share of all uses, what one is given that takes the place of another. */
    private static final double PLACE_SHARE = 1.25;

    private final long endpoints;
    private final boolean takesPlace;

    /**
     * @param endpoints that compute prompts and stay, with it
     * @param takesPlace whether it takes the place of one that has handed over what it held: the others carry more than their share, so that
     *     it is needed soon, and is given a quarter more than its own
     */
    WorthWarming(long endpoints, boolean takesPlace) {
        this.endpoints = endpoints;
        this.takesPlace = takesPlace;
    }

    /**
     * Where nobody holds as much as half an endpoint's share of all uses, an endpoint was lost, and the others have its requests: then
     * nothing of what they hold.
     */
    List<Shared> of(List<Shared> mostFrequentFirst, Predicate<Shared> heldElsewhere) {
        Map<Boolean, List<Shared>> byHolder =
                mostFrequentFirst.stream().collect(Collectors.partitioningBy(heldElsewhere));
        List<Shared> worth = new ArrayList<>(byHolder.getOrDefault(false, List.of()));
        double share = perSecond(mostFrequentFirst) / endpoints;
        double uses = perSecond(worth);
        if (uses >= LOST_SHARE * share) {
            return worth;
        }
        for (Shared held : byHolder.getOrDefault(true, List.of())) {
            if (takesPlace && uses > PLACE_SHARE * share) {
                break;
            }
            worth.add(held);
            uses += held.ownPerSecond();
        }
        return worth;
    }

    /**
     * The share of the pool's prompts, by bytes, that a cache holds which was given some of these. All of them, not only those that were meant
     * for it: while it has less to do than others, requests of every kind are sent to it.
     *
     * @param all that sessions share
     * @param share of the prompts that these are, as {@link dev.warmlane.core.prefix.SharedPrompts#share}
     * @param given what it was given, as {@link PrefixCalls#worth}
     * @return in [0, 1]; 0 where nothing is shared
     */
    static double warmth(List<Shared> all, double share, double given) {
        double worth = all.stream().mapToDouble(PrefixCalls::worth).sum();
        return worth == 0 ? 0 : Math.min(1, share * given / worth);
    }

    /** A request that sends one sends all that begin it, and counts once. */
    private static double perSecond(List<Shared> prompts) {
        return prompts.stream().mapToDouble(Shared::ownPerSecond).sum();
    }
}
