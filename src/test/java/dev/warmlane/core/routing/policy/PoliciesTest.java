package dev.warmlane.core.routing.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.warmlane.core.routing.PolicyParameters;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.RoutingPolicyProvider;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Policies of jars on the class path, beside those that come with the gateway. */
class PoliciesTest {
    @TempDir
    private Path jar;

    private static RoutingPolicy create(Map<String, String> parameters) {
        return Policies.load().create(new PolicyParameters("theirs", parameters));
    }

    /** Loads what is there when a jar names this provider as well. */
    private Policies withJarOf(String provider) throws IOException {
        Path services = Files.createDirectories(jar.resolve("META-INF/services"));
        Files.writeString(services.resolve(RoutingPolicyProvider.class.getName()), provider);
        try (URLClassLoader classPath =
                new URLClassLoader(new URL[] {jar.toUri().toURL()}, getClass().getClassLoader())) {
            return Policies.load(classPath);
        }
    }

    @Test
    void aPolicyOfAJarIsMadeWithItsParameters() {
        assertThat(create(Map.of("algorithm", "prompt-length", "long-bytes", "9")))
                .isEqualTo(new PromptLengthPolicy(9));
    }

    @Test
    void itsParametersAreCheckedAsThoseOfAnyOther() {
        assertThatThrownBy(() -> create(Map.of("algorithm", "prompt-length")))
                .hasMessage("policy theirs: long-bytes is missing");
        assertThatThrownBy(() -> create(Map.of("algorithm", "prompt-length", "long-bytes", "9", "short", "1")))
                .hasMessageStartingWith("policy theirs: unknown parameter short");
    }

    @Test
    void aStayInTokensIsToldWhatItBecame() {
        PolicyParameters parameters = new PolicyParameters("ours", expectedCost("stickiness-tokens", "65536"));
        assertThat(CostParameters.read(parameters).stayForSeconds()).isCloseTo(3, within(0.001));
        assertThat(parameters.notes()).containsExactly("policy ours: stickiness-tokens: 65536 is now stay-for: 3.00s");
    }

    @ParameterizedTest
    @CsvSource({"1.5s, 1.5", "800ms, 0.8", "2m, 120", "0s, 0"})
    void aStayIsATime(String text, double seconds) {
        PolicyParameters parameters = new PolicyParameters("ours", expectedCost("stay-for", text));
        assertThat(CostParameters.read(parameters).stayForSeconds()).isCloseTo(seconds, within(1e-9));
        assertThat(parameters.notes()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.5", "-1s", "soon", "1h", ""})
    void aStayThatIsNoTimeIsRefused(String text) {
        assertThatThrownBy(() -> create(expectedCost("stay-for", text)))
                .hasMessage("policy theirs: stay-for: %s (expected: a time such as 1.5s or 800ms)".formatted(text));
    }

    private static Map<String, String> expectedCost(String name, String value) {
        Map<String, String> parameters = new HashMap<>(Map.of(
                "algorithm", "expected-cost",
                "kappa", "2",
                "beta", "0.15",
                "lambda-per-1000-output-tokens", "0.3",
                "stay-for", "1.5s",
                "client-ip-stickiness", "0.25",
                "alpha-tokens", "37500",
                "tie-tokens", "256"));
        parameters.put(name, value);
        return parameters;
    }

    @Test
    void anUnknownAlgorithmIsToldAllThereAre() {
        assertThatThrownBy(() -> create(Map.of("algorithm", "best")))
                .hasMessage("algorithm: best (expected: one of expected-cost, sticky, consistent-hash, lmetric, "
                        + "prefix-threshold, sticky-until-saturated, least-requests, "
                        + "round-robin, random, prompt-length)");
    }

    @Test
    void aProviderThatIsNotThereIsRefused() {
        assertThatThrownBy(() -> withJarOf("com.example.Gone"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("policy provider: ")
                .hasMessageContaining("com.example.Gone not found");
    }

    @Test
    void aProviderThatTakesTheNameOfAnotherIsRefused() {
        assertThatThrownBy(() -> withJarOf(Impostor.class.getName()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("algorithm: sticky of " + Impostor.class.getName());
    }

    /** Calls its policy as the gateway calls one of its own. */
    public static final class Impostor implements RoutingPolicyProvider {
        @Override
        public String algorithm() {
            return "sticky";
        }

        @Override
        public RoutingPolicy create(PolicyParameters parameters) {
            return ControlPolicy.ROUND_ROBIN;
        }
    }
}
