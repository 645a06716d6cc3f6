package dev.warmlane.tools.validation;

import dev.warmlane.tools.Distribution;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What a validation found out. Immutable.
 *
 * @param pool the pool that serves the model
 * @param model what was asked
 * @param findings what makes a result meaningless; where there are any nothing was measured
 * @param notes what to know when reading the numbers
 * @param measures null if there are findings
 * @param targets with what came of each; empty if there are findings
 * @param losses where the pool's hits were lost lately; null where the gateway does not say
 */
record Report(
        String pool,
        String model,
        List<String> findings,
        List<String> notes,
        @Nullable Measures measures,
        List<Target> targets,
        @Nullable Losses losses) {

    /**
     * The numbers of a run.
     *
     * @param hitRatio tokens found by tokens looked up, all pods, in [0, 1]; of the responses alone where others asked too and the
     *     responses tell; null over no queries
     * @param possibleHitRatio what one cache that forgets nothing could have found, in [0, 1]; null without responses
     * @param stickiness share of later turns at the endpoint of the turn before, in [0, 1]; null without any
     * @param imbalance requests of the busiest pod over those that it would have if sessions were dealt out evenly, at least 1;
     *     null without responses
     * @param requests how many were sent
     * @param failedRequests those without a whole response
     * @param firstTtft time to the first token of first turns, seconds; null where nothing was streamed
     * @param laterTtft the same of later turns
     * @param sessionIds those that were driven
     * @param pods in the gateway's order
     * @param podsAtFirst how many took requests when the run began
     * @param podsAtLast how many did when it ended
     */
    record Measures(
            @Nullable Double hitRatio,
            @Nullable Double possibleHitRatio,
            @Nullable Double stickiness,
            @Nullable Double imbalance,
            int requests,
            int failedRequests,
            @Nullable Distribution firstTtft,
            @Nullable Distribution laterTtft,
            List<String> sessionIds,
            List<Pod> pods,
            int podsAtFirst,
            int podsAtLast) {
        Measures {
            sessionIds = List.copyOf(sessionIds);
            pods = List.copyOf(pods);
        }

        /** The hit ratio as a share of what was possible; null where either is unknown or nothing was possible. */
        @Nullable
        Double shareOfPossible() {
            return hitRatio == null || possibleHitRatio == null || possibleHitRatio == 0
                    ? null
                    : hitRatio / possibleHitRatio;
        }
    }

    Report {
        findings = List.copyOf(findings);
        notes = List.copyOf(notes);
        targets = List.copyOf(targets);
    }

    /** Whether it was measured and every target met. */
    boolean passed() {
        return findings.isEmpty() && targets.stream().allMatch(Target::met);
    }

    /**
     * One pod's part in a run.
     *
     * @param name as the gateway names it
     * @param requests responses that it gave
     * @param queriedTokens prompt tokens that its cache was asked for
     * @param hitTokens those found
     * @param restarted whether its counters began anew in between; what it had counted before is lost then
     */
    record Pod(String name, long requests, long queriedTokens, long hitTokens, boolean restarted) {

        /** Hit tokens by queried tokens; null over no queries. */
        @Nullable
        Double hitRatio() {
            return queriedTokens == 0 ? null : (double) hitTokens / queriedTokens;
        }
    }

    /**
     * One target and what came of it.
     *
     * @param name what is measured
     * @param expected the limit, with its direction
     * @param actual null if it could not be measured
     * @param met whether it was reached
     */
    record Target(String name, String expected, @Nullable Double actual, boolean met) {

        static Target atLeast(String name, double limit, @Nullable Double actual) {
            return new Target(name, ">= " + plain(limit), actual, actual != null && actual >= limit);
        }

        static Target atMost(String name, double limit, @Nullable Double actual) {
            return new Target(name, "<= " + plain(limit), actual, actual != null && actual <= limit);
        }

        /** As {@code hit ratio: 0.612 (expected: >= 0.8)}. */
        @Override
        public String toString() {
            String shown = actual == null ? "not measured" : plain(Math.rint(actual * 1e4) / 1e4);
            return "%s: %s (expected: %s)".formatted(name, shown, expected);
        }

        private static String plain(double limit) {
            return limit == Math.rint(limit) ? Long.toString((long) limit) : Double.toString(limit);
        }
    }

    /**
     * Where the pool's hits of about the last hour were lost, as the gateway says: steps and delivered tokens sum to the prompts.
     *
     * @param promptTokens of requests whose engine said how many were cached
     * @param deliveredTokens of those that were
     * @param steps from the prompts down to what was delivered
     * @param main what to begin with; null if there is little to win
     */
    record Losses(
            long promptTokens,
            long deliveredTokens,
            List<Step> steps,
            @Nullable String main) {

        Losses {
            steps = List.copyOf(steps);
        }

        /** One step; the remedy says what it is and what helps. */
        record Step(String cause, long tokens, double share, String remedy) {}

        /** @return null if nothing was delivered or lost yet, or nobody looks */
        static @Nullable Losses of(JsonNode cache) {
            JsonNode ladder = cache.at("/hour/ladder");
            if (ladder.path("promptTokens").asLong(0) == 0) {
                return null;
            }
            List<Step> steps = new ArrayList<>();
            for (JsonNode step : ladder.path("steps")) {
                steps.add(new Step(
                        step.path("cause").asString(""),
                        step.path("tokens").asLong(0),
                        step.path("share").asDouble(0),
                        step.path("remedy").asString("")));
            }
            return new Losses(
                    ladder.path("promptTokens").asLong(),
                    ladder.path("deliveredTokens").asLong(0),
                    steps,
                    ladder.path("main").asString(null));
        }

        /** What to begin with, in a sentence. */
        String advice() {
            return steps.stream()
                    .filter(step -> step.cause().equals(main))
                    .map(step -> "begin with %s: %s".formatted(step.cause(), step.remedy()))
                    .findFirst()
                    .orElse("there is little to win");
        }
    }
}
