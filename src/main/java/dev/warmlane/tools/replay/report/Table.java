package dev.warmlane.tools.replay.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Aligned columns: texts to the left, numbers to the right. */
final class Table {
    private static final int TEXT_COLUMNS = 2;

    private Table() {}

    static String write(List<Row> rows) {
        List<List<String>> lines = new ArrayList<>();
        lines.add(
                line("load", "policy", Column.ALL.stream().map(Column::heading).toList()));
        for (Row row : rows) {
            List<String> numbers =
                    Column.ALL.stream().map(column -> column.text(row.result())).toList();
            lines.add(line(row.load(), row.policy(), numbers));
        }
        int[] widths = new int[lines.get(0).size()];
        for (List<String> line : lines) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        }
        return lines.stream().map(line -> aligned(line, widths)).collect(Collectors.joining());
    }

    private static List<String> line(String load, String policy, List<String> numbers) {
        List<String> line = new ArrayList<>(List.of(load, policy));
        line.addAll(numbers);
        return line;
    }

    private static String aligned(List<String> line, int[] widths) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String padding = " ".repeat(widths[i] - line.get(i).length());
            text.append(i == 0 ? "" : "  ").append(i < TEXT_COLUMNS ? line.get(i) + padding : padding + line.get(i));
        }
        return text.toString().stripTrailing() + "\n";
    }
}
