package dev.warmlane.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.monitoring.AlertRules.Alert;
import dev.warmlane.ops.dashboard.ProblemCatalogue;
import dev.warmlane.ops.dashboard.ProblemCatalogue.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class AlertRulesTest {
    private static final Pattern WRONG =
            Pattern.compile("\\{\\{ *\\$(?!value\\b|labels\\.(namespace|job|pool|endpoint|instance|bundle|name)\\b)");

    private static final Pattern KEY = Pattern.compile("\\bkey=~?\"([^\"]*)\"");

    private final AlertRules rules = AlertRules.read();

    /** As GitHub makes it of a heading. */
    static String anchor(String heading) {
        return heading.toLowerCase(Locale.ROOT);
    }

    @Test
    void everyAlertIsOnAProblemOfTheCatalogueAndAsSevere() {
        Map<String, Entry> catalogue = ProblemCatalogue.load().entries().stream()
                .collect(Collectors.toMap(entry -> AlertRules.nameOf(entry.id()), Function.identity()));
        assertThat(rules.alerts()).isNotEmpty().allSatisfy(alert -> {
            assertThat(catalogue).containsKey(alert.name());
            assertThat(alert.severity())
                    .as(alert.name())
                    .isEqualTo(catalogue.get(alert.name()).severity());
        });
        assertThat(rules.alerts()).extracting(Alert::name).doesNotHaveDuplicates();
    }

    @Test
    void everyAlertSaysWhatItIsAndLeadsToItsSection() throws IOException {
        List<String> sections = Files.readAllLines(Path.of("docs/runbook.md")).stream()
                .filter(line -> line.startsWith("## "))
                .map(line -> "docs/runbook.md#" + anchor(line.substring(3)))
                .toList();
        assertThat(rules.alerts()).allSatisfy(alert -> {
            assertThat(alert.annotations()).containsOnlyKeys("summary", "description", "runbook_url");
            assertThat(alert.annotations().get("summary")).isNotBlank().doesNotContainPattern(WRONG);
            assertThat(alert.annotations().get("description")).endsWith(".").doesNotContainPattern(WRONG);
            assertThat(alert.annotations().get("runbook_url"))
                    .isEqualTo("docs/runbook.md#" + anchor(alert.name()))
                    .isIn(sections);
            assertThat(alert.patience()).matches("\\d+m");
        });
    }

    /** The dashboard counts them so as well: a session is one wherever its requests carry it. */
    @Test
    void queriesAboutSessionsAreAboutAllOfThem() {
        String sessions = Arrays.stream(KeySource.values())
                .filter(KeySource::isSession)
                .map(KeySource::label)
                .collect(Collectors.joining("|"));
        assertThat(MonitoringQueries.all())
                .allSatisfy((where, query) -> assertThat(
                                KEY.matcher(query).results().map(key -> key.group(1)))
                        .as(where)
                        .allMatch(sessions::equals));
    }

    @Test
    void alertsAreSeenFiringAndNotFiring() throws IOException {
        StringBuilder tests = new StringBuilder();
        for (String file : AlertRules.TESTS) {
            tests.append(Files.readString(Path.of(file)));
        }
        assertThat(rules.alerts()).allSatisfy(alert -> {
            assertThat(tests).containsPattern("alertname: " + alert.name() + "\n +exp_alerts:\n");
            assertThat(tests).contains("alertname: " + alert.name() + "\n        exp_alerts: []\n");
        });
    }
}
