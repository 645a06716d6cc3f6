package dev.warmlane.tools.validation;

import dev.warmlane.tools.Distribution;
import dev.warmlane.tools.TextTable;
import dev.warmlane.tools.validation.Report.Losses;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Two tables and a verdict: as plain text for a terminal, as Markdown for a pull request or a step summary. */
final class TextReport {
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
            text.append(target.met() ? "met     " : "MISSED  ").append(target).append('\n');
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
            text.append("\n- ").append(target.met() ? "met: " : "**missed:** ").append(target);
        }
        return text.append('\n').toString();
    }

    /** @param rows a heading first */
    private static void markdownTable(StringBuilder text, List<List<String>> rows) {
        String rule = String.join("|", Collections.nCopies(rows.get(0).size(), "---"));
        List<String> lines = new ArrayList<>();
        rows.forEach(cells -> lines.add(
                " " + String.join(" | ", cells.stream().map(TextReport::escaped).toList()) + " "));
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
