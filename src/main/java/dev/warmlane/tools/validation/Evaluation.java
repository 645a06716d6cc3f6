package dev.warmlane.tools.validation;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What was said and what the pods counted meanwhile, put together. Immutable. */
final class Evaluation {
    /** Tokens that pods looked up, over those of the responses, past which somebody else must have asked. */
    private static final double OTHERS = 1.02;

    private final PoolReading first;
    private final PoolReading before;
    private final PoolReading after;
    private final Summary summary;
    private final Counted counted;

    /**
     * @param first the pool before anything was sent
     * @param before the same pool, warmed up
     * @param after the same pool once the pods have counted all that was said
     */
    Evaluation(PoolReading first, PoolReading before, PoolReading after, Summary summary) {
        this.first = first;
        this.before = before;
        this.after = after;
        this.summary = summary;
        this.counted = Counted.between(before, after, summary.requestsByPod());
    }

    /**
     * The pods' counters tell the hit ratio, unless others asked too: then the responses do, where they can.
     *
     * @param sessions the names of those that were driven
     */
    Report.Measures measures(Talk talk, List<String> sessions) {
        Double told = othersAsked() ? summary.toldHitRatio() : null;
        Double hitRatio = told == null ? counted.total().hitRatio() : told;
        return summary.measures(
                talk,
                before.blockSizeTokens(),
                hitRatio,
                counted.pods(),
                sessions,
                first.selectable(),
                after.selectable());
    }

    /**
     * What to know when reading the numbers.
     *
     * @param warmed the names of the pods that had the system prompt before
     */
    List<String> notes(List<String> warmed) {
        List<String> notes = new ArrayList<>();
        before.pods().stream()
                .filter(pod -> pod.isSelectable() && !warmed.contains(pod.name()))
                .forEach(pod -> notes.add(
                        "%s: not reached by the warm-up; what it got began cold there".formatted(pod.name())));
        after.pods().stream()
                .filter(pod -> !pod.isSelectable() && first.takesRequests(pod.id()))
                .forEach(pod -> notes.add("%s: %s since the run began".formatted(pod.name(), pod.state())));
        notes.addAll(counted.notes());
        summary.failures().forEach((reason, count) -> notes.add("failed requests: %d x %s".formatted(count, reason)));
        if (othersAsked()) {
            notes.add(othersNote(summary.toldHitRatio()));
        }
        return notes;
    }

    private boolean othersAsked() {
        return counted.total().queriedTokens() > OTHERS * summary.promptTokens();
    }

    private String othersNote(@Nullable Double told) {
        return "other traffic: pods looked up %d tokens, the answers account for %d; the hit ratio %s"
                .formatted(
                        counted.total().queriedTokens(),
                        summary.promptTokens(),
                        told == null ? "includes it" : "is that of the answers, as they tell it");
    }
}
