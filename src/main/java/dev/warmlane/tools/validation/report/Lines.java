package dev.warmlane.tools.validation.report;

import dev.warmlane.tools.Distribution;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The rows that tables for people are made of. */
final class Lines {
    private Lines() {}

    /** Name and value of each measure. */
    static List<List<String>> measures(Report.Measures measures) {
        List<List<String>> lines = new ArrayList<>();
        lines.add(List.of("hit ratio", ratio(measures.hitRatio())));
        lines.add(List.of("possible hit ratio", ratio(measures.possibleHitRatio())));
        lines.add(List.of("share of the possible", ratio(measures.shareOfPossible())));
        lines.add(List.of("stickiness", ratio(measures.stickiness())));
        lines.add(List.of("busiest pod over an even share", ratio(measures.imbalance())));
        lines.add(List.of("requests", Integer.toString(measures.requests())));
        lines.add(List.of("failed requests", Integer.toString(measures.failedRequests())));
        lines.add(List.of("TTFT of first turns, p50 / p90", seconds(measures.firstTtft())));
        lines.add(List.of("TTFT of later turns, p50 / p90", seconds(measures.laterTtft())));
        return lines;
    }

    /** A heading, then a line for each pod. */
    static List<List<String>> pods(Report.Measures measures) {
        List<List<String>> lines = new ArrayList<>();
        lines.add(List.of("pod", "requests", "queried tokens", "hit tokens", "hit ratio"));
        for (PodReport pod : measures.pods()) {
            lines.add(List.of(
                    pod.restarted() ? pod.name() + " (restarted)" : pod.name(),
                    Long.toString(pod.requests()),
                    Long.toString(pod.queriedTokens()),
                    Long.toString(pod.hitTokens()),
                    ratio(pod.hitRatio())));
        }
        return lines;
    }

    private static String ratio(@Nullable Double value) {
        return value == null ? "-" : String.format(Locale.ROOT, "%.3f", value);
    }

    private static String seconds(@Nullable Distribution ttft) {
        return ttft == null ? "-" : String.format(Locale.ROOT, "%.3f s / %.3f s", ttft.p50(), ttft.p90());
    }
}
