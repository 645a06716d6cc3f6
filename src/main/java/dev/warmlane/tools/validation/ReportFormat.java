package dev.warmlane.tools.validation;

import dev.warmlane.tools.Distribution;
import dev.warmlane.tools.Json;
import dev.warmlane.tools.TextTable;
import dev.warmlane.tools.validation.Report.Losses;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
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
     * One object, which a shell without a JSON parser can read as well: numbers have at most six digits after the point and no exponent,
     * and a total comes before the numbers of the same name of pods.
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

    /** Two tables and a verdict: as plain text for a terminal, as Markdown for a pull request or a step summary. */
    private static final class TextReport {
        private TextReport() {}

        static String table(Report report) {
            StringBuilder text = new StringBuilder("pool %s, model %s\n".formatted(report.pool(), report.model()));
            report.findings().forEach(finding -> text.append("not measured: %s\n".formatted(finding)));
            report.notes().forEach(note -> text.append("note: %s\n".formatted(note)));
            if (report.measures() != null) {
                text.append('\n').append(TextTable.write(measures(report.measures()), 1));
                text.append('\n')
                        .append(TextTable.write(pods(report.measures()), 1))
                        .append('\n');
            }
            if (report.losses() != null) {
                text.append(TextTable.write(losses(report.losses()), 1))
                        .append(report.losses().advice())
                        .append("\n\n");
            }
            for (Report.Target target : report.targets()) {
                text.append(target.met() ? "met     " : "MISSED  ")
                        .append(target)
                        .append('\n');
            }
            return text.append(report.passed() ? "passed\n" : "FAILED\n").toString();
        }

        static String markdown(Report report) {
            StringBuilder text =
                    new StringBuilder("## Validation: %s\n\n".formatted(report.passed() ? "passed" : "failed"));
            text.append("Pool `%s`, model `%s`.\n".formatted(report.pool(), report.model()));
            report.findings()
                    .forEach(finding -> text.append("\n- **not measured:** ").append(escaped(finding)));
            report.notes().forEach(note -> text.append("\n- ").append(escaped(note)));
            text.append('\n');
            if (report.measures() != null) {
                List<List<String>> measures = new ArrayList<>(List.of(List.of("measure", "value")));
                measures.addAll(measures(report.measures()));
                markdownTable(text, measures);
                markdownTable(text.append('\n'), pods(report.measures()));
            }
            if (report.losses() != null) {
                markdownTable(text.append('\n'), losses(report.losses()));
                text.append('\n').append(escaped(report.losses().advice())).append('\n');
            }
            for (Report.Target target : report.targets()) {
                text.append("\n- ")
                        .append(target.met() ? "met: " : "**missed:** ")
                        .append(target);
            }
            return text.append('\n').toString();
        }

        /** @param rows a heading first */
        private static void markdownTable(StringBuilder text, List<List<String>> rows) {
            String rule = String.join("|", Collections.nCopies(rows.get(0).size(), "---"));
            List<String> lines = new ArrayList<>();
            rows.forEach(cells -> lines.add(" "
                    + String.join(" | ", cells.stream().map(TextReport::escaped).toList()) + " "));
            lines.add(1, rule);
            lines.forEach(line -> text.append('|').append(line).append("|\n"));
        }

        private static String escaped(String text) {
            return text.replace("|", "\\|");
        }

        /** Name and value of each measure. */
        private static List<List<String>> measures(Report.Measures measures) {
            return List.of(
                    List.of("hit ratio", ratio(measures.hitRatio())),
                    List.of("possible hit ratio", ratio(measures.possibleHitRatio())),
                    List.of("share of the possible", ratio(measures.shareOfPossible())),
                    List.of("stickiness", ratio(measures.stickiness())),
                    List.of("busiest pod over an even share", ratio(measures.imbalance())),
                    List.of("requests", Integer.toString(measures.requests())),
                    List.of("failed requests", Integer.toString(measures.failedRequests())),
                    List.of("TTFT of first turns, p50 / p90", seconds(measures.firstTtft())),
                    List.of("TTFT of later turns, p50 / p90", seconds(measures.laterTtft())));
        }

        /** A heading, then a line for each pod. */
        private static List<List<String>> pods(Report.Measures measures) {
            List<List<String>> lines = new ArrayList<>();
            lines.add(List.of("pod", "requests", "queried tokens", "hit tokens", "hit ratio"));
            for (Report.Pod pod : measures.pods()) {
                lines.add(List.of(
                        pod.restarted() ? pod.name() + " (restarted)" : pod.name(),
                        Long.toString(pod.requests()),
                        Long.toString(pod.queriedTokens()),
                        Long.toString(pod.hitTokens()),
                        ratio(pod.hitRatio())));
            }
            return lines;
        }

        /** A heading, then a line for each step down from the prompts to what was delivered. */
        private static List<List<String>> losses(Losses losses) {
            List<List<String>> lines = new ArrayList<>();
            lines.add(List.of("hits lost, last hour", "tokens", "share"));
            for (Losses.Step step : losses.steps()) {
                lines.add(List.of(step.cause(), Long.toString(step.tokens()), ratio(step.share())));
            }
            double delivered = (double) losses.deliveredTokens() / losses.promptTokens();
            lines.add(List.of("delivered", Long.toString(losses.deliveredTokens()), ratio(delivered)));
            lines.add(List.of("prompts", Long.toString(losses.promptTokens()), ratio(1.0)));
            return lines;
        }

        private static String ratio(@Nullable Double value) {
            return value == null ? "-" : String.format(Locale.ROOT, "%.3f", value);
        }

        private static String seconds(@Nullable Distribution ttft) {
            return ttft == null ? "-" : String.format(Locale.ROOT, "%.3f s / %.3f s", ttft.p50(), ttft.p90());
        }
    }
}
