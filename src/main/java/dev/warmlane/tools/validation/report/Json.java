package dev.warmlane.tools.validation.report;

import dev.warmlane.tools.Distribution;
import java.math.BigDecimal;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * One object. Numbers have at most six digits after the point and never an exponent, and a total comes before the number of
 * the same name of any pod, so that a shell without a JSON parser can read them too.
 */
final class Json {
    private Json() {}

    static String write(Report report) {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.put("passed", report.passed()).put("pool", report.pool()).put("model", report.model());
        Report.Measures measures = report.measures();
        if (measures != null) {
            measures(json, measures);
        }
        report.targets()
                .forEach(target -> json.withArray("targets")
                        .addObject()
                        .put("name", target.name())
                        .put("expected", target.expected())
                        .put("actual", decimal(target.actual()))
                        .put("met", target.met()));
        report.findings().forEach(json.putArray("findings")::add);
        report.notes().forEach(json.putArray("notes")::add);
        return JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
    }

    private static void measures(ObjectNode json, Report.Measures measures) {
        json.put("hitRatio", decimal(measures.hitRatio()))
                .put("possibleHitRatio", decimal(measures.possibleHitRatio()))
                .put("shareOfPossible", decimal(measures.shareOfPossible()))
                .put("stickiness", decimal(measures.stickiness()))
                .put("imbalance", decimal(measures.imbalance()))
                .put("requests", measures.requests())
                .put("failedRequests", measures.failedRequests());
        ttft(json, "firstTurnTtftSeconds", measures.firstTtft());
        ttft(json, "laterTurnsTtftSeconds", measures.laterTtft());
        measures.sessionIds().forEach(json.putArray("sessionIds")::add);
        for (PodReport pod : measures.pods()) {
            json.withArray("pods")
                    .addObject()
                    .put("name", pod.name())
                    .put("requests", pod.requests())
                    .put("queriedTokens", pod.queriedTokens())
                    .put("hitTokens", pod.hitTokens())
                    .put("hitRatio", decimal(pod.hitRatio()))
                    .put("restarted", pod.restarted());
        }
    }

    private static void ttft(ObjectNode json, String name, @Nullable Distribution ttft) {
        if (ttft == null) {
            json.putNull(name);
        } else {
            json.putObject(name).put("p50", decimal(ttft.p50())).put("p90", decimal(ttft.p90()));
        }
    }

    private static @Nullable BigDecimal decimal(@Nullable Double value) {
        if (value == null) {
            return null;
        }
        BigDecimal rounded =
                BigDecimal.valueOf(value).setScale(6, RoundingMode.HALF_EVEN).stripTrailingZeros();
        return rounded.scale() < 1 ? rounded.setScale(1, RoundingMode.UNNECESSARY) : rounded;
    }
}
