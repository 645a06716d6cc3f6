package dev.warmlane.monitoring;

import dev.warmlane.ops.dashboard.ProblemCatalogue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The file of alert rules. */
record AlertRules(List<Alert> alerts, Map<String, String> recordings) {
    static final Path FILE = Path.of("config/prometheus/warmlane-alerts.yaml");
    /** What promtool tests them by. */
    static final List<String> TESTS = List.of(
            "config/prometheus/tests/warmlane-alerts-test.yaml",
            "config/prometheus/tests/warmlane-alerts-hours-test.yaml",
            "config/prometheus/tests/warmlane-alerts-day-test.yaml");

    /** @param patience how long the expression holds before it fires */
    record Alert(String name, String expression, String patience, String severity, Map<String, String> annotations) {}

    static AlertRules read() {
        Map<?, ?> file;
        try {
            file = new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(FILE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<Map<?, ?>> rules = new ArrayList<>();
        for (Object group : (List<?>) file.get("groups")) {
            for (Object rule : (List<?>) ((Map<?, ?>) group).get("rules")) {
                rules.add((Map<?, ?>) rule);
            }
        }
        return new AlertRules(
                rules.stream()
                        .filter(rule -> rule.containsKey("alert"))
                        .map(AlertRules::alert)
                        .toList(),
                rules.stream()
                        .filter(rule -> rule.containsKey("record"))
                        .collect(Collectors.toMap(rule -> text(rule, "record"), rule -> text(rule, "expr"))));
    }

    /** The name of the alert on a problem of the catalogue. */
    static String nameOf(String problem) {
        return ProblemCatalogue.alert(problem);
    }

    Optional<Alert> on(String problem) {
        return alerts.stream()
                .filter(alert -> alert.name().equals(nameOf(problem)))
                .findFirst();
    }

    private static Alert alert(Map<?, ?> rule) {
        Map<String, String> annotations = ((Map<?, ?>) rule.get("annotations"))
                .entrySet().stream()
                        .collect(Collectors.toMap(
                                entry -> String.valueOf(entry.getKey()), entry -> String.valueOf(entry.getValue())));
        String severity = text((Map<?, ?>) rule.get("labels"), "severity");
        return new Alert(text(rule, "alert"), text(rule, "expr"), text(rule, "for"), severity, annotations);
    }

    private static String text(Map<?, ?> rule, String name) {
        return String.valueOf(rule.get(name));
    }
}
