package dev.warmlane.tools.validation.report;

import java.util.List;

/** Aligned columns: the first to the left, the others to the right. */
final class Table {
    private Table() {}

    static String write(Report report) {
        StringBuilder text = new StringBuilder("pool %s, model %s\n".formatted(report.pool(), report.model()));
        report.findings()
                .forEach(
                        finding -> text.append("not measured: ").append(finding).append('\n'));
        report.notes().forEach(note -> text.append("note: ").append(note).append('\n'));
        if (report.measures() != null) {
            aligned(text.append('\n'), Lines.measures(report.measures()));
            aligned(text.append('\n'), Lines.pods(report.measures()));
            text.append('\n');
        }
        for (Target target : report.targets()) {
            text.append(target.met() ? "met     " : "MISSED  ").append(target).append('\n');
        }
        return text.append(report.passed() ? "passed\n" : "FAILED\n").toString();
    }

    private static void aligned(StringBuilder text, List<List<String>> lines) {
        int[] widths = new int[lines.get(0).size()];
        for (List<String> line : lines) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        }
        for (List<String> line : lines) {
            for (int i = 0; i < widths.length; i++) {
                String padding = " ".repeat(widths[i] - line.get(i).length());
                text.append(i == 0 ? line.get(i) + padding : "  " + padding + line.get(i));
            }
            text.append('\n');
        }
    }
}
