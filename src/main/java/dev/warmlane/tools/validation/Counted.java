package dev.warmlane.tools.validation;

import dev.warmlane.core.vllm.PrefixCacheCounters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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
                notes.add(
                        "%s: its counters could not be read to the end; hits there are missing".formatted(pod.name()));
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
