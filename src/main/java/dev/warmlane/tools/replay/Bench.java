package dev.warmlane.tools.replay;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.tools.TextTable;
import dev.warmlane.tools.replay.ReportFormat.Row;
import dev.warmlane.tools.replay.load.AgentsLoad;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.replay.load.PoissonLoad.AdaptersLoad;
import dev.warmlane.tools.replay.load.PoissonLoad.BurstLoad;
import dev.warmlane.tools.replay.load.PoissonLoad.SharedPrefixLoad;
import dev.warmlane.tools.replay.load.SessionLoad.ConversationsLoad;
import dev.warmlane.tools.replay.load.SessionLoad.MultiTurnLoad;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * The loads that every change of a policy is judged by: fixed, generated, each a case that some rule handles badly. A case has
 * the fleet that it is sent to.
 */
final class Bench {
    /** The policies compared if none are named: all that come with the gateway, but for variants of one rule. */
    static final List<String> POLICIES = List.of(
            "expected-cost",
            "sticky",
            "consistent-hash",
            "lmetric",
            "prefix-threshold",
            "sticky-until-saturated",
            "least-requests",
            "round-robin",
            "random");

    /**
     * One load and where it goes.
     *
     * @param name in reports
     */
    record Case(String name, Load.Source source, ReplaySettings settings) {}

    private Bench() {}

    /** All cases, the light ones first. */
    static List<Case> cases(long seed) {
        ReplaySettings four = ReplaySettings.of(4, 400_000).withSeed(seed);
        ReplaySettings eight = ReplaySettings.of(8, 400_000).withSeed(seed);
        ReplaySettings large = ReplaySettings.of(8, 1_000_000).withSeed(seed);
        Load.Source groups = new SharedPrefixLoad(150, 5, 6000, 1200, 400, 10, 3000, seed);
        return List.of(
                new Case("light", new SharedPrefixLoad(1, 200, 6000, 400, 150, 5, 1500, seed), four),
                new Case("small-tails", new SharedPrefixLoad(1, 1_000_000, 4000, 64, 64, 40, 6000, seed), four),
                new Case(
                        "one-address",
                        new SharedPrefixLoad(10, 1_000_000, 6000, 400, 200, 16, 4000, seed),
                        four.withKey(KeySource.CLIENT_IP).withAddresses(1)),
                new Case(
                        "one-address-light",
                        new SharedPrefixLoad(10, 1_000_000, 6000, 100, 100, 4, 1500, seed),
                        four.withKey(KeySource.CLIENT_IP).withAddresses(1)),
                new Case("groups", new SharedPrefixLoad(150, 5, 6000, 1200, 1000, 6, 3000, seed), eight),
                new Case("groups-busy", new SharedPrefixLoad(150, 5, 6000, 1200, 1000, 14, 6000, seed), eight),
                new Case("conversations", new ConversationsLoad(1.7, 3000, seed), eight),
                new Case("conversations-busy", new ConversationsLoad(3.4, 5000, seed), eight),
                new Case("multi-turn", new MultiTurnLoad(200, 8, 6000, 1200, 1000, 10, seed), eight),
                new Case("agents", new AgentsLoad(40, 1200, seed), large),
                new Case("agents-busy", new AgentsLoad(100, 600, seed), large),
                new Case("bursts", new BurstLoad(250, 8, 8000, 200, 1, seed), eight),
                new Case("adapters", new AdaptersLoad(200, 3000, 500, 200, 20, 5000, seed), eight),
                new Case("mixed-speeds", groups, eight.withScenario(Scenario.of("--slow=0=2,1=2,2=2,3=2"))),
                new Case(
                        "mixed-conversations",
                        new ConversationsLoad(1.7, 3000, seed),
                        eight.withScenario(Scenario.of("--slow=0=2,1=2,2=3,3=3"))),
                new Case(
                        "tiny-caches",
                        new MultiTurnLoad(40, 5, 6000, 1200, 1000, 10, seed),
                        ReplaySettings.of(8, 30_000).withSeed(seed)),
                new Case(
                        "joining",
                        new MultiTurnLoad(200, 8, 6000, 1200, 1000, 10, seed),
                        eight.withScenario(Scenario.of("--add=60"))),
                new Case("leaving", groups, eight.withScenario(Scenario.of("--remove=100"))));
    }

    /**
     * What the policies made of a bench, for people: how far each is from the best on each load, and from what one cache of the
     * pool's total size would hit.
     */
    static final class BenchReport {
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
            rows.forEach(row -> byLoad.computeIfAbsent(row.load(), load -> new ArrayList<>())
                    .add(row));
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
}
