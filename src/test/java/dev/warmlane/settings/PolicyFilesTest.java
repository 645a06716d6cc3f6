package dev.warmlane.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.core.routing.PolicyParameters;
import dev.warmlane.core.routing.policy.Policies;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyFilesTest {
    private final Policies policies = Policies.load();

    static List<String> policies() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("gateway/policies"))) {
            return files.map(file -> file.getFileName().toString().replace(".yaml", ""))
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("policies")
    void everyFileMakesAPolicyAndSaysNothingThatItDoesNotRead(String name) {
        assertThat(policies.create(read(name, Map.of()))).isNotNull();
    }

    @Test
    void thePoliciesThatTheDocumentationPromisesExist() throws IOException {
        assertThat(policies())
                .contains("expected-cost", "sticky", "consistent-hash", "least-requests", "round-robin", "random");
    }

    @Test
    void whatAFileSaysHoldsOverWhatItExtendsAndTheSettingsOverBoth() {
        assertThat(read("expected-cost", Map.of()).number("kappa", 0)).isEqualTo(2);
        PolicyParameters mean = read("expected-cost-mean", Map.of("beta", "0.5"));
        assertThat(mean.number("kappa", 0)).isEqualTo(1);
        assertThat(mean.number("beta", 0)).isEqualTo(0.5);
        assertThat(mean.number("alpha-tokens", 0)).isEqualTo(37_500);
    }

    @Test
    void aParameterThatThePolicyDoesNotHaveIsRefused() {
        assertThatThrownBy(() -> policies.create(read("expected-cost", Map.of("kapa", "1"))))
                .hasMessageStartingWith("policy expected-cost: unknown parameter kapa (expected: one of algorithm, ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"no-such", "", "../routes", "Sticky", "sticky.yaml", "/etc/passwd"})
    void anUnknownPolicyIsRefused(String name) {
        assertThatThrownBy(() -> read(name, Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("policy: " + name
                        + " (expected: the name of a file in gateway/policies, such as expected-cost or sticky)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "broken-empty | policy: broken-empty (expected: parameters in gateway/policies/broken-empty.yaml, one a line, not an empty file)",
                "broken-list | policy: broken-list (expected: parameters in gateway/policies/broken-list.yaml, one a line, not a text or a list)",
                "broken-text | policy: broken-text (expected: YAML in gateway/policies/broken-text.yaml, ",
                "broken-base | policy: broken-base extends policy: best (expected: the name of a file in gateway/policies, such as expected-cost or sticky)"
            })
    void aFileThatCannotBeUsedIsRefusedAndSaysWhy(String name, String problem) {
        assertThatThrownBy(() -> read(name, Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(problem);
    }

    @Test
    void aCircleOfFilesIsRefused() {
        assertThatThrownBy(() -> read("broken-circle", Map.of()))
                .hasMessageEndingWith("policy: broken-circle (expected: at most 4 files that extend each other)");
    }

    private static PolicyParameters read(String policy, Map<String, String> parameters) {
        return PolicyFiles.read(policy, parameters);
    }
}
