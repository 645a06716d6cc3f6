package dev.warmlane.tools.validation.report;

import dev.warmlane.tools.Distribution;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a validation found out. Immutable.
 *
 * @param pool the pool that serves the model
 * @param model what was asked
 * @param findings what makes a result meaningless; where there are any nothing was measured
 * @param notes what to know when reading the numbers
 * @param measures null if there are findings
 * @param targets with what came of each; empty if there are findings
 */
public record Report(
        String pool,
        String model,
        List<String> findings,
        List<String> notes,
        @Nullable Measures measures,
        List<Target> targets) {

    /**
     * The numbers of a run.
     *
     * @param hitRatio tokens found by tokens looked up, all pods, in [0, 1]; of the responses alone where others asked too and the
     *     answers tell; null over no queries
     * @param possibleHitRatio what one cache that forgets nothing could have found, in [0, 1]; null without answers
     * @param stickiness share of later turns at the endpoint of the turn before, in [0, 1]; null without any
     * @param imbalance requests of the busiest pod over those that it would have if sessions were dealt out evenly, at least 1;
     *     null without answers
     * @param requests how many were sent
     * @param failedRequests those without a whole response
     * @param firstTtft time to the first token of first turns, seconds; null where nothing was streamed
     * @param laterTtft the same of later turns
     * @param sessionIds those that were driven
     * @param pods in the gateway's order
     * @param podsAtFirst how many took requests when the run began
     * @param podsAtLast how many did when it ended
     */
    public record Measures(
            @Nullable Double hitRatio,
            @Nullable Double possibleHitRatio,
            @Nullable Double stickiness,
            @Nullable Double imbalance,
            int requests,
            int failedRequests,
            @Nullable Distribution firstTtft,
            @Nullable Distribution laterTtft,
            List<String> sessionIds,
            List<PodReport> pods,
            int podsAtFirst,
            int podsAtLast) {
        public Measures {
            sessionIds = List.copyOf(sessionIds);
            pods = List.copyOf(pods);
        }

        /** The hit ratio as a share of what was possible; null where either is unknown or nothing was possible. */
        public @Nullable Double shareOfPossible() {
            return hitRatio == null || possibleHitRatio == null || possibleHitRatio == 0
                    ? null
                    : hitRatio / possibleHitRatio;
        }
    }

    public Report {
        findings = List.copyOf(findings);
        notes = List.copyOf(notes);
        targets = List.copyOf(targets);
    }

    /** Whether it was measured and every target met. */
    public boolean passed() {
        return findings.isEmpty() && targets.stream().allMatch(Target::met);
    }
}
