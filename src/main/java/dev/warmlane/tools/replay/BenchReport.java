package dev.warmlane.tools.replay;

import dev.warmlane.tools.TextTable;
import dev.warmlane.tools.replay.ReportFormat.Row;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What the policies made of a bench, for people: how far each is from the best on each load, and from what one cache of the
 * pool's total size would hit.
 */
final class BenchReport {
    /** Nobody notices less, so it is added to both times of a ratio. */
    private static final double UNNOTICED_SECONDS = 0.01;

    /** The results of each load by its policies, all of the same ones in the same order. */
    private final Map<String, List<Row>> byLoad = new LinkedHashMap<>();

    private final List<String> policies;

    private final int width;

    /**
     * @param rows at least one; every load with the same policies in the same order
     * @param width of the tables at most, in columns of a terminal
     */
    BenchReport(List<Row> rows, int width) {
        this.width = width;
        rows.forEach(row ->
                byLoad.computeIfAbsent(row.load(), load -> new ArrayList<>()).add(row));
        policies = rows.stream().map(Row::policy).distinct().toList();
    }

    /** Three tables: times over those of the best policy, hits over those of one cache, and the busiest endpoint's share. */
    String write() {
        return times()
                + '\n'
                + table("hits over one cache's", row -> row.result().shareOfOneCache())
                + '\n'
                + table("busiest over mean", row -> row.result().requestImbalance());
    }

    private String times() {
        List<List<String>> lines = new ArrayList<>();
        lines.add(heading("TTFT over the best", "best s"));
        double[] product = new double[policies.size()];
        double[] worst = new double[policies.size()];
        String[] worstLoad = new String[policies.size()];
        byLoad.forEach((load, rows) -> {
            double best = rows.stream().mapToDouble(BenchReport::ttft).min().orElseThrow();
            List<String> line = new ArrayList<>(List.of(load, text(best, 3)));
            for (int i = 0; i < rows.size(); i++) {
                double ratio = (ttft(rows.get(i)) + UNNOTICED_SECONDS) / (best + UNNOTICED_SECONDS);
                line.add(text(ratio, 2));
                product[i] += Math.log(ratio);
                if (ratio > worst[i]) {
                    worst[i] = ratio;
                    worstLoad[i] = load;
                }
            }
            lines.add(line);
        });
        List<String> mean = new ArrayList<>(List.of("geometric mean", ""));
        List<String> most = new ArrayList<>(List.of("worst", ""));
        List<String> on = new ArrayList<>(List.of("on", ""));
        for (int i = 0; i < policies.size(); i++) {
            mean.add(text(Math.exp(product[i] / byLoad.size()), 3));
            most.add(text(worst[i], 2));
            on.add(worstLoad[i]);
        }
        lines.add(mean);
        lines.add(most);
        lines.add(on);
        return TextTable.write(lines, 1, width);
    }

    private String table(String heading, ToDoubleFunction<Row> number) {
        List<List<String>> lines = new ArrayList<>();
        lines.add(heading(heading));
        byLoad.forEach((load, rows) -> {
            List<String> line = new ArrayList<>(List.of(load));
            rows.forEach(row -> line.add(text(number.applyAsDouble(row), 2)));
            lines.add(line);
        });
        return TextTable.write(lines, 1, width);
    }

    private List<String> heading(String... first) {
        List<String> heading = new ArrayList<>(List.of(first));
        heading.addAll(policies);
        return heading;
    }

    private static double ttft(Row row) {
        return row.result().ttft().mean();
    }

    private static String text(double number, int decimals) {
        return String.format(Locale.ROOT, "%." + decimals + "f", number);
    }
}
