package dev.warmlane.tools;

import java.util.ArrayList;
import java.util.List;

/** A table for people: columns as wide as their widest cell, two spaces between them. */
public final class TextTable {
    private TextTable() {}

    /**
     * The rows as lines that are no longer than the width: columns that do not fit follow below, with the texts again.
     *
     * @param width columns of a terminal; at least what the texts and one more column need
     */
    public static String write(List<List<String>> rows, int textColumns, int width) {
        int columns = rows.get(0).size();
        StringBuilder text = new StringBuilder();
        int from = textColumns;
        while (from < columns) {
            int to = from + 1;
            String block = block(rows, textColumns, from, to);
            while (to < columns && longestLine(block(rows, textColumns, from, to + 1)) <= width) {
                block = block(rows, textColumns, from, ++to);
            }
            text.append(from == textColumns ? "" : "\n").append(block);
            from = to;
        }
        return text.toString();
    }

    private static String block(List<List<String>> rows, int textColumns, int from, int to) {
        List<List<String>> some = new ArrayList<>();
        for (List<String> row : rows) {
            List<String> cells = new ArrayList<>(row.subList(0, textColumns));
            cells.addAll(row.subList(from, to));
            some.add(cells);
        }
        return write(some, textColumns);
    }

    private static int longestLine(String text) {
        return text.lines().mapToInt(String::length).max().orElse(0);
    }

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
