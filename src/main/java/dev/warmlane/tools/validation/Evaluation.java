package dev.warmlane.tools.validation;

import dev.warmlane.core.vllm.VllmMetrics.PrefixCacheCounters;
import dev.warmlane.tools.validation.Management.PoolReading;
import dev.warmlane.tools.validation.Management.PoolReading.PodReading;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
        return "other traffic: pods looked up %d tokens, the responses account for %d; the hit ratio %s"
                .formatted(
                        counted.total().queriedTokens(),
                        summary.promptTokens(),
                        told == null ? "includes it" : "is what the responses say");
    }

    /**
     * What the pods counted between two readings. Immutable.
     *
     * @param pods in the order of the later reading, those that are gone last
     * @param total of all that could be counted
     * @param notes on what could not
     */
    record Counted(List<Report.Pod> pods, PrefixCacheCounters total, List<String> notes) {

        /** @param requests responses by the name of the pod that gave them */
        static Counted between(PoolReading before, PoolReading after, Map<String, Long> requests) {
            Map<String, PodReading> earlier = new LinkedHashMap<>();
            before.pods().forEach(pod -> earlier.put(pod.id(), pod));
            Map<String, Long> unseen = new LinkedHashMap<>(requests);
            List<Report.Pod> pods = new ArrayList<>();
            List<String> notes = new ArrayList<>();
            PrefixCacheCounters total = PrefixCacheCounters.NONE;
            for (PodReading pod : after.pods()) {
                PodReading then = earlier.remove(pod.id());
                PrefixCacheCounters counted = counted(then, pod);
                if (counted == null || pod.unreadable()) {
                    notes.add("%s: its counters could not be read to the end; hits there are missing"
                            .formatted(pod.name()));
                }
                PrefixCacheCounters known = counted == null ? PrefixCacheCounters.NONE : counted;
                boolean restarted = isNewLife(then, pod);
                if (restarted) {
                    notes.add("%s: started during the run; what it counted before is lost".formatted(pod.name()));
                }
                total = total.plus(known);
                Long responses = unseen.remove(pod.name());
                pods.add(new Report.Pod(
                        pod.name(),
                        responses == null ? 0 : responses,
                        known.queriedTokens(),
                        known.hitTokens(),
                        restarted));
            }
            earlier.values().forEach(gone -> notes.add("%s: gone; what it counted is lost".formatted(gone.name())));
            unseen.forEach((name, responses) -> pods.add(new Report.Pod(name, responses, 0, 0, false)));
            return new Counted(pods, total, notes);
        }

        /** Null if it is not known. */
        private static @Nullable PrefixCacheCounters counted(@Nullable PodReading then, PodReading now) {
            if (now.counters() == null || then == null) {
                return now.counters();
            }
            return then.counters() == null ? null : now.counters().since(then.counters());
        }

        private static boolean isNewLife(@Nullable PodReading then, PodReading now) {
            return then == null
                    || (then.counters() != null
                            && now.counters() != null
                            && now.counters().queriedTokens() < then.counters().queriedTokens());
        }
    }
}
