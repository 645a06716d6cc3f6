package dev.warmlane.tools.validation;

import dev.warmlane.tools.Distribution;
import dev.warmlane.tools.Json;
import java.math.BigDecimal;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/**
 * One object. Numbers have at most six digits after the point and never an exponent, and a total comes before the number of
 * the same name of any pod, so that a shell without a JSON parser can read them too.
 */
final class JsonReport {
    private JsonReport() {}

    static String write(Report report) {
        Json json = Json.of("passed", report.passed(), "pool", report.pool(), "model", report.model());
        if (report.measures() != null) {
            measures(json, report.measures());
        }
        if (!report.targets().isEmpty()) {
            json.and(
                    "targets", report.targets().stream().map(JsonReport::target).toList());
        }
        if (report.losses() != null) {
            json.and("losses", losses(report.losses()));
        }
        return Json.pretty(json.and("findings", report.findings(), "notes", report.notes()));
    }

    private static void measures(Json json, Report.Measures measures) {
        json.and("hitRatio", decimal(measures.hitRatio()), "possibleHitRatio", decimal(measures.possibleHitRatio()))
                .and("shareOfPossible", decimal(measures.shareOfPossible()))
                .and("stickiness", decimal(measures.stickiness()), "imbalance", decimal(measures.imbalance()))
                .and("requests", measures.requests(), "failedRequests", measures.failedRequests())
                .and("firstTurnTtftSeconds", ttft(measures.firstTtft()))
                .and("laterTurnsTtftSeconds", ttft(measures.laterTtft()))
                .and("sessionIds", measures.sessionIds());
        if (!measures.pods().isEmpty()) {
            json.and("pods", measures.pods().stream().map(JsonReport::pod).toList());
        }
    }

    private static Json losses(Losses losses) {
        return Json.of("promptTokens", losses.promptTokens(), "deliveredTokens", losses.deliveredTokens())
                .and("main", losses.main())
                .and(
                        "steps",
                        losses.steps().stream()
                                .map(step -> Json.of("cause", step.cause(), "tokens", step.tokens())
                                        .and("share", decimal(step.share()), "remedy", step.remedy()))
                                .toList());
    }

    private static Json target(Report.Target target) {
        return Json.of("name", target.name(), "expected", target.expected())
                .and("actual", decimal(target.actual()), "met", target.met());
    }

    private static Json pod(Report.Pod pod) {
        return Json.of("name", pod.name(), "requests", pod.requests(), "queriedTokens", pod.queriedTokens())
                .and("hitTokens", pod.hitTokens(), "hitRatio", decimal(pod.hitRatio()), "restarted", pod.restarted());
    }

    private static @Nullable Json ttft(@Nullable Distribution ttft) {
        return ttft == null ? null : Json.of("p50", decimal(ttft.p50()), "p90", decimal(ttft.p90()));
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
