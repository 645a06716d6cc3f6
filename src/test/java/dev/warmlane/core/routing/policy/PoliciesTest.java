package dev.warmlane.core.routing.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.core.routing.PolicyParameters;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.RoutingPolicyProvider;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    void anUnknownAlgorithmIsToldAllThereAre() {
        assertThatThrownBy(() -> create(Map.of("algorithm", "best")))
                .hasMessage("algorithm: best (expected: one of expected-cost, sticky, consistent-hash, least-requests, "
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
            return new RoundRobinPolicy();
        }
    }
}
