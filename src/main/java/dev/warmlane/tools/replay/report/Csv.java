package dev.warmlane.tools.replay.report;

import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Rows as CSV after RFC 4180, numbers unrounded. */
final class Csv {
    private Csv() {}

    static String write(List<Row> rows) {
        String heading = line(
                Stream.concat(Stream.of("load", "policy"), Column.ALL.stream().map(Column::name)));
        return heading
                + rows.stream()
                        .map(row -> line(Stream.concat(
                                Stream.of(row.load(), row.policy()),
                                Column.ALL.stream()
                                        .map(column ->
                                                Objects.toString(column.value().apply(row.result()), "")))))
                        .collect(Collectors.joining());
    }

    private static String line(Stream<String> fields) {
        return fields.map(Csv::quoted).collect(Collectors.joining(",")) + "\n";
    }

    private static String quoted(String field) {
        return field.matches(".*[\",\r\n].*") ? '"' + field.replace("\"", "\"\"") + '"' : field;
    }
}
