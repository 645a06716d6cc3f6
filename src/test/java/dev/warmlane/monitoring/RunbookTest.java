package dev.warmlane.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.monitoring.AlertRules.Alert;
import dev.warmlane.ops.dashboard.ProblemCatalogue;
import dev.warmlane.ops.dashboard.ProblemCatalogue.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Rewrite the page and Alertmanager's rules with {@code ./mvnw test -Dtest=RunbookTest -Drunbook.write=true}. */
class RunbookTest {
    private static final Path PAGE = Path.of("docs/runbook.md");
    private static final Path INHIBITIONS = Path.of("config/prometheus/alertmanager-inhibit-rules.yaml");

    @Test
    void saysWhatTheCatalogueAndTheRulesSay() throws IOException {
        if (Boolean.getBoolean("runbook.write")) {
            Files.writeString(PAGE, Runbook.text());
        }
        assertThat(Files.readString(PAGE)).isEqualTo(Runbook.text());
    }

    @Test
    void alertmanagerNeedNotTellWhatFollows() throws IOException {
        if (Boolean.getBoolean("runbook.write")) {
            Files.writeString(INHIBITIONS, inhibitions());
        }
        assertThat(Files.readString(INHIBITIONS)).isEqualTo(inhibitions());
    }

    /** A rule for each alert that follows others, of those that page no less than it does. */
    private static String inhibitions() {
        AlertRules rules = AlertRules.read();
        StringBuilder text = new StringBuilder("""
                # For Alertmanager's configuration: what follows from an alert is not told beside it. Written by RunbookTest from the
                # conditions of src/main/resources/conditions/catalogue.yaml. A critical alert is never kept back by a warning.
                inhibit_rules:
                """);
        for (Entry entry : ProblemCatalogue.load().entries()) {
            Optional<Alert> alert = rules.on(entry.id());
            if (alert.isEmpty()) {
                continue;
            }
            // Alerts about the same pool, where both name one: Alertmanager takes two that lack a label for equal.
            Map<Boolean, List<String>> causes = entry.follows().stream()
                    .flatMap(cause -> rules.on(cause).stream())
                    .filter(cause -> !(alert.get().severity().equals("critical")
                            && !cause.severity().equals("critical")))
                    .collect(Collectors.partitioningBy(
                            cause -> ofPool(cause) && ofPool(alert.get()),
                            Collectors.mapping(Alert::name, Collectors.toList())));
            causes.forEach((samePool, names) -> {
                if (!names.isEmpty()) {
                    text.append("  - source_matchers: ['alertname=~\"%s\"']%n".formatted(String.join("|", names)));
                    text.append("    target_matchers: ['alertname=\"%s\"']%n"
                            .formatted(alert.get().name()));
                    text.append("    equal: [namespace, job%s%s]%n"
                            .formatted(samePool ? ", pool" : "", entry.sameEndpoint() ? ", endpoint" : ""));
                }
            });
        }
        return text.toString();
    }

    private static boolean ofPool(Alert alert) {
        return alert.expression().contains("by (namespace, job, pool")
                || alert.expression().contains("pool:warmlane_");
    }
}
