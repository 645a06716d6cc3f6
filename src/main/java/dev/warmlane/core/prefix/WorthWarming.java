package dev.warmlane.core.prefix;

import dev.warmlane.core.prefix.PromptBeginning.Shared;
import dev.warmlane.core.prefix.SharedPrompts.SharedPart;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What an empty cache is to be given, in this order. First what no other cache is predicted to hold, as it is to be computed wherever a
 * request for it goes; then what others hold, so that requests for it can come here as well. Of that, what was held by the one whose place it
 * takes goes first: many sessions have not come since, and will come here, as they are still bound, or because no other has their load. Immutable.
 */
public final class WorthWarming {
    /** Of an endpoint's share of all uses, what nobody holds where one was lost. */
    private static final double LOST_SHARE = 0.5;

    /** Of an endpoint's share of all uses, what one is given that takes the place of another. */
    private static final double PLACE_SHARE = 1.4;

    private final long endpoints;
    private final @Nullable Set<Long> before;

    /**
     * @param endpoints that compute prompts and stay, with it
     * @param before hashes of what was held by the one whose place it takes, as of {@link LeftPlaces}: the others carry more than their share,
     *     so that it is needed soon, and is given two fifths more than its own; null: it takes nobody's place
     */
    public WorthWarming(long endpoints, @Nullable Set<Long> before) {
        this.endpoints = endpoints;
        this.before = before;
    }

    /**
     * Where nobody holds as much as half an endpoint's share of all uses, an endpoint was lost, and the others have its requests: then
     * nothing of what they hold, unless it takes a place.
     */
    public List<Shared> of(List<Shared> mostFrequentFirst, Predicate<Shared> heldElsewhere) {
        Map<Boolean, List<Shared>> byHolder =
                mostFrequentFirst.stream().collect(Collectors.partitioningBy(heldElsewhere));
        List<Shared> worth = new ArrayList<>(byHolder.getOrDefault(false, List.of()));
        double share = perSecond(mostFrequentFirst) / endpoints;
        double uses = perSecond(worth);
        if (uses >= LOST_SHARE * share && before == null) {
            return worth;
        }
        List<Shared> others = new ArrayList<>(byHolder.getOrDefault(true, List.of()));
        if (before != null) {
            others.sort(Comparator.comparing(held -> !before.contains(held.hash())));
        }
        for (Shared held : others) {
            if (before != null && uses > PLACE_SHARE * share) {
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
     * @param share of the prompts that these are, as {@link SharedPart#share}
     * @param given what it was given, as {@link Shared#worth}
     * @return in [0, 1]; 0 where nothing is shared
     */
    public static double warmth(List<Shared> all, double share, double given) {
        double worth = all.stream().mapToDouble(Shared::worth).sum();
        return worth == 0 ? 0 : Math.min(1, share * given / worth);
    }

    /** A request that sends one sends all that begin it, and counts once. */
    private static double perSecond(List<Shared> prompts) {
        return prompts.stream().mapToDouble(Shared::ownPerSecond).sum();
    }
}
