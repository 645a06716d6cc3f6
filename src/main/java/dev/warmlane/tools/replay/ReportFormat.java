package dev.warmlane.tools.replay;

import dev.warmlane.tools.Json;
import dev.warmlane.tools.TextTable;
import dev.warmlane.tools.replay.JoinReport.Comparison;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How a report is written: a row for each load and policy, the same columns in every format. */
enum ReportFormat {
    /** For people: texts to the left, numbers to the right. */
    TABLE,
    /**
     * An array with an object for each row, numbers unrounded; null where a number does not apply. Endpoints that joined, or left with
     * notice, are lists in there.
     */
    JSON,
    /** RFC 4180: a heading and a line for each row, numbers unrounded; empty where a number does not apply. */
    CSV;

    private static final List<String> TEXTS = List.of("load", "policy");

    /** What fits a terminal. */
    static final int NARROW = 100;

    /** The columns that most people look at. */
    private static final Set<String> FIRST = Set.of(
            "requests",
            "tokenHitRatio",
            "ttftMeanSeconds",
            "ttftP90Seconds",
            "ttftP99Seconds",
            "withinSlo",
            "stickiness",
            "adapterLoadsPerRequest");

    /**
     * One line of a report.
     *
     * @param load what was sent, with its speed
     * @param policy what routed it
     * @param joined how endpoints did that joined, and all after some had left; null if that was not asked for
     */
    record Row(
            String load,
            String policy,
            PolicyResult result,
            @Nullable Comparison joined) {

        /** The row of a fleet that no endpoint joins. */
        Row(String load, String policy, PolicyResult result) {
            this(load, policy, result, null);
        }

        /** The texts, then each number. */
        private List<String> cells(List<Column> columns, Function<Column, String> number) {
            return ReportFormat.cells(List.of(load, policy), columns, number);
        }

        private Json json(List<Column> columns) {
            Json json = Json.of("load", load, "policy", policy);
            columns.forEach(column -> json.and(column.name(), column.value().apply(result)));
            if (joined != null) {
                json.and("joined", joined.json());
                if (!joined.left().isEmpty()) {
                    json.and("left", joined.leftJson());
                }
            }
            return json;
        }
    }

    /** The rows as text that ends with a line break. */
    String write(List<Row> rows) {
        return switch (this) {
            case TABLE -> table(rows);
            case JSON -> json(rows);
            case CSV -> csv(rows);
        };
    }

    /** The name in options, lower case. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    private static String table(List<Row> rows) {
        List<List<String>> lines = new ArrayList<>();
        List<Column> columns = columns(rows);
        lines.add(cells(TEXTS, columns, Column::heading));
        rows.forEach(row -> lines.add(row.cells(columns, column -> column.text(row.result()))));
        return TextTable.write(lines, TEXTS.size());
    }

    /** The table that fits a terminal: fewer columns, and requests that were refused or lost only where there are any. */
    static String narrow(List<Row> rows) {
        boolean roles = rows.stream().anyMatch(row -> row.result().gapP99() != null);
        List<Column> shown = columns(rows).stream()
                .filter(column -> FIRST.contains(column.name())
                        // Whether roles pay is told by whole responses.
                        || (roles && column.name().equals("e2eMeanSeconds"))
                        || Column.ROLES.contains(column.name())
                        || (Column.MISHAPS.contains(column.name())
                                && rows.stream()
                                        .anyMatch(row ->
                                                !column.text(row.result()).equals("0"))))
                .toList();
        List<List<String>> lines = new ArrayList<>();
        lines.add(Stream.concat(TEXTS.stream(), shown.stream().map(Column::heading))
                .toList());
        rows.forEach(row -> lines.add(Stream.concat(
                        Stream.of(row.load(), row.policy()), shown.stream().map(column -> column.text(row.result())))
                .toList()));
        return TextTable.write(lines, TEXTS.size(), NARROW);
    }

    private static String json(List<Row> rows) {
        List<Column> columns = columns(rows);
        return Json.pretty(rows.stream().map(row -> row.json(columns)).toList());
    }

    private static String csv(List<Row> rows) {
        List<Column> columns = columns(rows);
        Stream<List<String>> lines = rows.stream()
                .map(row -> row.cells(
                        columns, column -> Objects.toString(column.value().apply(row.result()), "")));
        return Stream.concat(Stream.of(cells(TEXTS, columns, Column::name)), lines)
                .map(line -> line.stream().map(ReportFormat::quoted).collect(Collectors.joining(",", "", "\n")))
                .collect(Collectors.joining());
    }

    private static String quoted(String field) {
        return field.matches(".*[\",\r\n].*") ? '"' + field.replace("\"", "\"\"") + '"' : field;
    }

    /** All, but what is only of adapters, or of roles, where there are none. */
    private static List<Column> columns(List<Row> rows) {
        boolean adapters = rows.stream().anyMatch(row -> row.result().adapterLoadsPerRequest() != null);
        boolean roles = rows.stream().anyMatch(row -> row.result().gapP99() != null);
        return Column.ALL.stream()
                .filter(column -> (adapters || !Column.ADAPTERS.contains(column.name()))
                        && (roles || !Column.ROLES.contains(column.name())))
                .toList();
    }

    private static List<String> cells(List<String> texts, List<Column> columns, Function<Column, String> number) {
        return Stream.concat(texts.stream(), columns.stream().map(number)).toList();
    }

    /**
     * One number of a report.
     *
     * @param name in JSON and CSV, with the unit
     * @param heading in tables
     * @param decimals digits after the point in tables
     * @param value null where it does not apply
     */
    private record Column(String name, String heading, int decimals, Function<PolicyResult, @Nullable Number> value) {

        static final Set<String> MISHAPS = Set.of("refused", "lost");

        static final Set<String> ADAPTERS = Set.of("adapterLoadsPerRequest");

        static final Set<String> ROLES = Set.of("gapP99Seconds", "prefillLegs", "laterTurnsAlone", "warmTurnsAlone");

        static final List<Column> ALL = List.of(
                new Column("requests", "requests", 0, PolicyResult::answered),
                new Column("refused", "refused", 0, PolicyResult::refused),
                new Column("lost", "lost", 0, PolicyResult::lost),
                new Column("tokenHitRatio", "hit", 3, PolicyResult::hitRatio),
                new Column("shareOfOneCache", "/one", 2, PolicyResult::shareOfOneCache),
                new Column("shareOfInfiniteCache", "/inf", 2, PolicyResult::shareOfInfiniteCache),
                new Column(
                        "ttftMeanSeconds", "ttft s", 3, result -> result.ttft().mean()),
                new Column("ttftP50Seconds", "p50", 3, result -> result.ttft().p50()),
                new Column("ttftP90Seconds", "p90", 3, result -> result.ttft().p90()),
                new Column("ttftP99Seconds", "p99", 3, result -> result.ttft().p99()),
                new Column("e2eMeanSeconds", "e2e s", 2, result -> result.e2e().mean()),
                new Column(
                        "tpotMeanSeconds", "tpot s", 4, result -> result.tpot().mean()),
                new Column("withinSlo", "slo", 3, PolicyResult::withinSlo),
                new Column("requestImbalance", "req max/mean", 2, PolicyResult::requestImbalance),
                new Column("computedTokenImbalance", "tok max/mean", 2, PolicyResult::computedImbalance),
                new Column("stickiness", "sticky", 3, PolicyResult::stickiness),
                new Column("predictedOverDelivered", "pred/deliv", 3, PolicyResult::predictedOverDelivered),
                new Column("toldBytesPerRequest", "told B/req", 0, PolicyResult::toldBytesPerRequest),
                new Column("adapterLoadsPerRequest", "loads/req", 3, PolicyResult::adapterLoadsPerRequest),
                new Column("gapP99Seconds", "gap p99", 3, PolicyResult::gapP99),
                new Column("prefillLegs", "legs", 3, PolicyResult::prefillLegs),
                new Column("laterTurnsAlone", "later alone", 3, PolicyResult::laterTurnsAlone),
                new Column("warmTurnsAlone", "warm alone", 3, PolicyResult::warmTurnsAlone));

        String text(PolicyResult result) {
            Number number = value.apply(result);
            return number == null ? "-" : String.format(Locale.ROOT, "%." + decimals + "f", number.doubleValue());
        }
    }
}
