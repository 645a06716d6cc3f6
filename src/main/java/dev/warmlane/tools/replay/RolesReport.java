package dev.warmlane.tools.replay;

import dev.warmlane.tools.WrongArgumentException;
import dev.warmlane.tools.replay.PolicyMaker.NamedPolicy;
import dev.warmlane.tools.replay.ReplaySettings.Roles;
import dev.warmlane.tools.replay.ReportFormat.Row;
import dev.warmlane.tools.replay.load.Load;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Compares endpoints with roles with as many that compute whole requests, for each policy on the same load, and says whether the roles
 * pay. Of {@code expected-cost}, that also where every prompt is computed by prefill endpoints, where none is, and where those generate
 * as well; and what it makes of the roles, measured by the better of always and never.
 */
final class RolesReport {
    private static final String PRICES_BOTH_WAYS = "expected-cost";
    /** What is closer counts as equal. */
    private static final double EQUAL = 0.02;

    private final ReplaySettings settings;
    private final Roles roles;
    private final Runner runner;
    private final List<String> verdicts = new ArrayList<>();

    /** Runs one policy. */
    interface Runner {
        PolicyResult run(Load load, ReplaySettings settings, NamedPolicy policy, String label, int run, int runs);
    }

    /** @throws IllegalArgumentException if the scenario changes the fleet */
    RolesReport(ReplaySettings settings, Roles roles, Runner runner) {
        Scenario scenario = settings.scenario();
        boolean changes = !scenario.addSeconds.isEmpty()
                || !scenario.removeSeconds.isEmpty()
                || scenario.restartEachSeconds != null;
        WrongArgumentException.check(
                !changes, "prefill pods", "with --add, --remove or --restart-each", "endpoints that stay");
        this.settings = settings;
        this.roles = roles;
        this.runner = runner;
    }

    /** A fleet and the policy that routes to it. */
    private record Run(Roles fleet, NamedPolicy policy, String name) {}

    List<Row> rows(List<NamedPolicy> policies, List<Double> speeds, Load load) {
        List<Row> rows = new ArrayList<>();
        int all = speeds.size()
                * policies.stream().mapToInt(policy -> runs(policy).size()).sum();
        for (double speed : speeds) {
            Load faster = load.atSpeed(speed);
            String label = load.label(speed);
            for (NamedPolicy policy : policies) {
                int first = rows.size();
                for (Run run : runs(policy)) {
                    ReplaySettings fleet = settings.withRoles(run.fleet());
                    PolicyResult result = runner.run(
                            faster,
                            fleet,
                            run.policy(),
                            "%s, %s".formatted(label, run.fleet().label()),
                            rows.size() + 1,
                            all);
                    rows.add(new Row(label, run.name(), result));
                }
                rows.subList(first + 1, rows.size()).forEach(split -> verdicts.add(verdict(rows.get(first), split)));
                if (pricesBothWays(policy)) {
                    verdicts.add(choice(rows.get(first + 1), rows.get(first + 2), rows.get(first + 3)));
                }
            }
        }
        return rows;
    }

    /** For each policy and load, whether the roles pay: a line. */
    List<String> verdicts() {
        return verdicts;
    }

    private List<Run> runs(NamedPolicy policy) {
        List<Run> runs = new ArrayList<>();
        runs.add(run(roles.both(), policy, ""));
        if (!pricesBothWays(policy)) {
            runs.add(run(roles, policy, ""));
            return runs;
        }
        NamedPolicy told = policy.with("kv-bytes-per-token", Double.toString(roles.kvBytes()));
        runs.add(run(roles, told, ""));
        runs.add(run(roles, told.with("always-prefill", "1"), " always"));
        runs.add(new Run(roles.alone(), policy, "%s, %s never".formatted(policy.text(), roles.label())));
        runs.add(run(roles.generate(), told.with("both-prefill", "1"), ""));
        return runs;
    }

    private static boolean pricesBothWays(NamedPolicy policy) {
        return policy.file().startsWith(PRICES_BOTH_WAYS);
    }

    private static Run run(Roles fleet, NamedPolicy policy, String suffix) {
        return new Run(fleet, policy, "%s, %s%s".formatted(policy.text(), fleet.label(), suffix));
    }

    private static String verdict(Row both, Row split) {
        double ttft = split.result().ttft().mean() / both.result().ttft().mean();
        double e2e = split.result().e2e().mean() / both.result().e2e().mean();
        String pays = e2e < 1 - EQUAL ? "pays" : e2e > 1 + EQUAL ? "costs more than it brings" : "makes no difference";
        return String.format(
                Locale.ROOT,
                "%s, %s: %s. Whole responses take %.2f times as long, first tokens %.2f times, within SLO %.3f after %.3f.%n",
                both.load(),
                split.policy(),
                pays,
                e2e,
                ttft,
                split.result().withinSlo(),
                both.result().withinSlo());
    }

    private static String choice(Row split, Row always, Row never) {
        double better =
                Math.min(always.result().e2e().mean(), never.result().e2e().mean());
        return String.format(
                Locale.ROOT,
                "%s, %s: whole responses take %.2f times as long as with the better of always and never on the same endpoints.%n",
                split.load(),
                split.policy(),
                split.result().e2e().mean() / better);
    }
}
