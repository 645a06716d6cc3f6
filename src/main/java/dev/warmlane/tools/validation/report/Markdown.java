package dev.warmlane.tools.validation.report;

import java.util.Collections;
import java.util.List;

/** Two tables and a verdict, for a pull request or a step summary. */
final class Markdown {
    private Markdown() {}

    static String write(Report report) {
        StringBuilder text =
                new StringBuilder("## Validation: %s\n\n".formatted(report.passed() ? "passed" : "failed"));
        text.append("Pool `%s`, model `%s`.\n".formatted(report.pool(), report.model()));
        report.findings()
                .forEach(finding -> text.append("\n- **not measured:** ").append(escaped(finding)));
        report.notes().forEach(note -> text.append("\n- ").append(escaped(note)));
        text.append('\n');
        if (report.measures() != null) {
            row(text, List.of("measure", "value"));
            rule(text, 2);
            Lines.measures(report.measures()).forEach(line -> row(text, line));
            text.append('\n');
            List<List<String>> pods = Lines.pods(report.measures());
            row(text, pods.get(0));
            rule(text, pods.get(0).size());
            pods.subList(1, pods.size()).forEach(line -> row(text, line));
        }
        for (Target target : report.targets()) {
            text.append("\n- ").append(target.met() ? "met: " : "**missed:** ").append(target);
        }
        return text.append('\n').toString();
    }

    private static void row(StringBuilder text, List<String> cells) {
        text.append("| ")
                .append(String.join(" | ", cells.stream().map(Markdown::escaped).toList()))
                .append(" |\n");
    }

    private static void rule(StringBuilder text, int columns) {
        text.append('|')
                .append(String.join("|", Collections.nCopies(columns, "---")))
                .append("|\n");
    }

    private static String escaped(String text) {
        return text.replace("|", "\\|");
    }
}
