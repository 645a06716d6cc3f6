package dev.warmlane.monitoring;

import dev.warmlane.monitoring.AlertRules.Alert;
import dev.warmlane.ops.dashboard.ProblemCatalogue;
import dev.warmlane.ops.dashboard.ProblemCatalogue.Entry;
import java.util.List;
import java.util.Optional;

/** docs/runbook.md, as the catalogue of problems and the alert rules have it. */
final class Runbook {
    private static final String HEAD = """
            # Runbook

            Problems, how to check for their causes, and what to do. There is a section for each alert of
            [config/prometheus/warmlane-alerts.yaml](../config/prometheus/warmlane-alerts.yaml), whose `runbook_url` points here, and
            for each problem that only the dashboard shows. The dashboard (`/dashboard` on the management port) lists the same under
            "Problems". For low hit ratios, [low-hit-ratio.md](low-hit-ratio.md) leads from symptoms to causes.

            Queries are PromQL on the gateway's metrics ([metrics.md](metrics.md)). Paths are on the management port:
            `kubectl port-forward deploy/warmlane 8081`. `RunbookTest` writes this page from the catalogue that the dashboard reads.

            | problem | severity | fires after | what |
            |---|---|---|---|
            """;

    private Runbook() {}

    static String text() {
        AlertRules rules = AlertRules.read();
        StringBuilder page = new StringBuilder(HEAD);
        List<Entry> entries = ProblemCatalogue.load().entries();
        for (Entry entry : entries) {
            String name = AlertRules.nameOf(entry.id());
            page.append("| [%s](#%s) | %s | %s | %s |\n"
                    .formatted(
                            name,
                            AlertRulesTest.anchor(name),
                            entry.severity(),
                            rules.on(entry.id()).map(Alert::patience).orElse("dashboard only"),
                            entry.title()));
        }
        entries.forEach(entry -> section(entry, rules.on(entry.id()), page));
        return page.toString();
    }

    private static void section(Entry entry, Optional<Alert> alert, StringBuilder page) {
        page.append("\n## ").append(AlertRules.nameOf(entry.id())).append("\n\n");
        page.append("**%s** (%s). %s\n".formatted(entry.title(), entry.severity(), filled(entry.meaning())));
        list("Likely causes", "-", entry.causes(), page);
        list("How to check", "-", entry.look(), page);
        list("What to do", "1.", entry.actions(), page);
        alert.ifPresent(rule -> page.append("\nFires after %s of:\n\n```promql\n%s\n```\n"
                .formatted(rule.patience(), rule.expression().strip())));
    }

    private static void list(String title, String bullet, List<String> items, StringBuilder page) {
        page.append("\n").append(title).append(":\n\n");
        items.forEach(item -> page.append(bullet).append(' ').append(item).append('\n'));
    }

    private static String filled(String meaning) {
        return meaning.replace("{pool}", "*pool*")
                .replace("{endpoint}", "*endpoint*")
                .replace("{value}", "*value*");
    }
}
