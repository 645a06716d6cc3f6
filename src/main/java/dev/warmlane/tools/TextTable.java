package dev.warmlane.tools;

import java.util.List;

/** A table for people: columns as wide as their widest cell, two spaces between them. */
public final class TextTable {
    private TextTable() {}

    /**
     * The rows as lines.
     *
     * @param rows at least one, all of the same length
     * @param textColumns how many of the first columns are aligned to the left; the others are to the right
     */
    public static String write(List<List<String>> rows, int textColumns) {
        int[] widths = new int[rows.get(0).size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String padding = " ".repeat(widths[i] - row.get(i).length());
                line.append(i == 0 ? "" : "  ").append(i < textColumns ? row.get(i) + padding : padding + row.get(i));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }
}
