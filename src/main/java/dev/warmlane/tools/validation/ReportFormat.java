package dev.warmlane.tools.validation;

import dev.warmlane.tools.Distribution;
import dev.warmlane.tools.Json;
import dev.warmlane.tools.validation.Report.Losses;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How a report is written. */
enum ReportFormat {
    /** For people. */
    TABLE,
    /** One object, for scripts. */
    JSON,
    /** For pull requests and step summaries. */
    MARKDOWN,
    /** JUnit's XML, for CI servers. */
    JUNIT;

    /** The report as text that ends with a line break. */
    String write(Report report) {
        return switch (this) {
            case TABLE -> TextReport.table(report);
            case JSON -> JsonReport.write(report);
            case MARKDOWN -> TextReport.markdown(report);
            case JUNIT -> JUnitReport.write(report);
        };
    }

    /** The name in options, lower case. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** JUnit's XML, as CI servers read it: a case for the setup and one for each target. */
    private static final class JUnitReport {
        private record Case(String name, List<String> failures) {}

        private JUnitReport() {}

        static String write(Report report) {
            List<Case> cases = new ArrayList<>();
            cases.add(new Case("setup", report.findings()));
            report.targets()
                    .forEach(target ->
                            cases.add(new Case(target.name(), target.met() ? List.of() : List.of(target.toString()))));
            long failed =
                    cases.stream().filter(test -> !test.failures().isEmpty()).count();
            StringBuilder xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
            xml.append(
                    "<testsuite name=\"warmlane validate %s\" tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"0\">\n"
                            .formatted(escaped(report.pool()), cases.size(), failed));
            for (Case test : cases) {
                xml.append("  <testcase classname=\"warmlane.validate\" name=\"")
                        .append(escaped(test.name()));
                if (test.failures().isEmpty()) {
                    xml.append("\"/>\n");
                } else {
                    xml.append("\">\n    <failure message=\"")
                            .append(escaped(String.join("; ", test.failures())))
                            .append("\"/>\n  </testcase>\n");
                }
            }
            xml.append("  <system-out>")
                    .append(escaped(TextReport.table(report)))
                    .append("</system-out>\n");
            return xml.append("</testsuite>\n").toString();
        }

        private static String escaped(String text) {
            return text.replaceAll("[\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F]", "?")
                    .replace("&", "&amp;")
                    .replace("<", "&lt;")
                    .replace(">", "&gt;")
                    .replace("\"", "&quot;");
        }
    }

    /**
     * One object. Numbers have at most six digits after the point and never an exponent, and a total comes before the number of
     * the same name of any pod, so that a shell without a JSON parser can read them too.
     */
    private static final class JsonReport {
        private JsonReport() {}

        static String write(Report report) {
            Json json = Json.of("passed", report.passed(), "pool", report.pool(), "model", report.model());
            if (report.measures() != null) {
                measures(json, report.measures());
            }
            if (!report.targets().isEmpty()) {
                json.and(
                        "targets",
                        report.targets().stream().map(JsonReport::target).toList());
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
                    .and(
                            "hitTokens",
                            pod.hitTokens(),
                            "hitRatio",
                            decimal(pod.hitRatio()),
                            "restarted",
                            pod.restarted());
        }

        private static @Nullable Json ttft(@Nullable Distribution ttft) {
            return ttft == null ? null : Json.of("p50", decimal(ttft.p50()), "p90", decimal(ttft.p90()));
        }

        private static @Nullable BigDecimal decimal(@Nullable Double value) {
            if (value == null) {
                return null;
            }
            BigDecimal rounded = BigDecimal.valueOf(value)
                    .setScale(6, RoundingMode.HALF_EVEN)
                    .stripTrailingZeros();
            return rounded.scale() < 1 ? rounded.setScale(1, RoundingMode.UNNECESSARY) : rounded;
        }
    }
}
