package dev.warmlane.core.prefix.reuse;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where the hits went, from all prompt tokens down to those that engines delivered: each step is the difference of two numbers
 * of tokens, so that all of them and what was delivered sum up to the prompts. Immutable.
 *
 * @param promptTokens of requests whose engine said how many were cached
 * @param deliveredTokens of those that were
 * @param steps in this order: {@link Cause}
 * @param main the one to begin with; null if none is worth it: text that is new is nobody's fault
 */
public record LossLadder(
        long promptTokens,
        long deliveredTokens,
        List<Step> steps,
        @Nullable Step main) {
    private static final long LEAST_TURNS = 50;
    private static final double MOSTLY = 0.5;
    private static final double LITTLE = 0.1;
    private static final double WORTH_NAMING = 0.02;

    public LossLadder {
        steps = List.copyOf(steps);
    }

    /** Why tokens had to be computed. */
    public enum Cause {
        /** They never came before. */
        COMPULSORY("compulsory"),
        /** They were cached before, but too long ago for caches of this size. */
        CAPACITY("capacity"),
        /**
         * One cache of the same total size would have held them; by prediction and response, the endpoint that got the request did
         * not.
         */
        ROUTING("routing"),
        /** The endpoint was predicted to hold them and did not. */
        DELIVERY("delivery");

        private final String label;

        Cause(String label) {
            this.label = label;
        }

        /** The name in reports and metric labels. */
        public String label() {
            return label;
        }
    }

    /**
     * One step down.
     *
     * @param tokens lost here; negative where caches delivered more than one LRU cache was expected to
     * @param share of all prompt tokens
     * @param remedy what it is, and what helps, in a sentence or two
     */
    public record Step(Cause cause, long tokens, double share, String remedy) {}

    /** The ladder of what was seen; where capacities are not known, nothing is lost to them. */
    public static LossLadder of(CacheUseReport seen) {
        long prompts = seen.answeredTokens();
        double capacity = seen.capacityTokens() > 0 ? seen.capacityTokens() : Double.POSITIVE_INFINITY;
        long infinite = Math.round(seen.curve().infiniteHitRatio() * prompts);
        long oneCache =
                Double.isInfinite(capacity) ? infinite : Math.round(seen.curve().hitRatio(capacity) * prompts);
        // Where engines deliver nothing, the index has learned to predict nothing: what routing did is as well as it
        // could.
        long predicted = deliversLittle(seen) ? Math.max(seen.predictedTokens(), oneCache) : seen.predictedTokens();
        // What was delivered without being predicted was there: routing has not lost it.
        long held = Math.max(predicted, seen.deliveredTokens());
        List<Step> steps = new ArrayList<>();
        add(steps, Cause.COMPULSORY, prompts - infinite, prompts, compulsory(seen));
        add(steps, Cause.CAPACITY, infinite - oneCache, prompts, capacity(seen));
        add(
                steps,
                Cause.ROUTING,
                oneCache - held,
                prompts,
                "Another endpoint held them, or several hold the same. Give requests a session id, use a policy that knows what"
                        + " caches hold, and let replicas share what they know.");
        add(steps, Cause.DELIVERY, held - seen.deliveredTokens(), prompts, delivery(seen));
        return new LossLadder(prompts, seen.deliveredTokens(), steps, main(steps, isChangedEarly(seen)));
    }

    /** What was lost to a cause. */
    public Step step(Cause cause) {
        return steps.stream().filter(step -> step.cause() == cause).findFirst().orElseThrow();
    }

    private static @Nullable Step main(List<Step> steps, boolean isChangedEarly) {
        Step main = null;
        for (Step step : steps) {
            boolean isCurable = step.cause() != Cause.COMPULSORY || isChangedEarly;
            if (isCurable && step.share() >= WORTH_NAMING && (main == null || step.tokens() > main.tokens())) {
                main = step;
            }
        }
        return main;
    }

    private static boolean isChangedEarly(CacheUseReport seen) {
        return seen.turns() >= LEAST_TURNS && seen.differingShare() >= MOSTLY;
    }

    private static void add(List<Step> steps, Cause cause, long tokens, long of, String remedy) {
        steps.add(new Step(cause, tokens, of == 0 ? 0 : (double) tokens / of, remedy));
    }

    private static String compulsory(CacheUseReport seen) {
        if (isChangedEarly(seen)) {
            return String.format(
                    Locale.ROOT,
                    "%.0f %% of prompts differ from their session's last in block %d. What changes there each time, such as a date,"
                            + " an id or the order of tools, belongs at the end.",
                    100 * seen.differingShare(),
                    seen.differingBlock());
        }
        if (seen.answeredTokens() < seen.capacityTokens()) {
            return String.format(
                    Locale.ROOT,
                    "Too little was seen to tell: prompts of %,d tokens, while the caches hold %,.0f. These blocks may have come"
                            + " before.",
                    seen.answeredTokens(),
                    seen.capacityTokens());
        }
        return "These blocks were new; no cache helps.";
    }

    private static String capacity(CacheUseReport seen) {
        return String.format(
                Locale.ROOT,
                "Other prompts took the room before these came again. One cache of the pool's size would hit %.3f, of twice the"
                        + " size %.3f.",
                seen.curve().hitRatio(seen.capacityTokens()),
                seen.curve().hitRatio(2 * seen.capacityTokens()));
    }

    private static boolean deliversLittle(CacheUseReport seen) {
        return seen.deliveredTokens() < LITTLE * seen.predictedTokens();
    }

    private static String delivery(CacheUseReport seen) {
        return deliversLittle(seen)
                ? "Engines deliver next to nothing: switch prefix caching on (--enable-prefix-caching), then compare cache_salt and"
                        + " the block size with the length of what prompts share."
                : "Engines had evicted these, for other clients or running requests, or their chat template puts something in"
                        + " front that changes.";
    }
}
