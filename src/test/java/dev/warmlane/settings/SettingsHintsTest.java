package dev.warmlane.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.settings.AuthSettings.OidcSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/** The values that IDEs offer are in the jar's configuration metadata, and they are those that the process takes. */
class SettingsHintsTest {
    private static final Path POLICIES = Path.of("gateway/policies");

    @Test
    void offersEveryPolicyThatIsThereToServeWith() throws IOException {
        assertThat(SettingsMetadata.hints("warmlane.routing.policy"))
                .containsExactlyInAnyOrderElementsOf(policyFiles().stream()
                        .map(file -> file.getFileName().toString().replace(".yaml", ""))
                        .toList());
    }

    @Test
    void offersEveryParameterOfThePolicies() throws IOException {
        Set<String> parameters = new TreeSet<>();
        for (Path file : policyFiles()) {
            Map<String, Object> policy = new Yaml().load(Files.readString(file));
            parameters.addAll(policy.keySet());
        }
        parameters.removeAll(Set.of("extends", "algorithm"));
        assertThat(SettingsMetadata.hints("warmlane.routing.parameters.keys"))
                .containsExactlyInAnyOrderElementsOf(parameters);
    }

    @Test
    void offersEveryAffinityKey() throws IOException {
        assertThat(SettingsMetadata.hints("warmlane.affinity.keys"))
                .containsExactlyElementsOf(Stream.of(KeySource.values())
                        .filter(KeySource::isConfigurable)
                        .map(KeySource::label)
                        .toList());
    }

    @Test
    void offersTheSessionHeadersOfTheDefault() throws IOException {
        assertThat(SettingsMetadata.settings())
                .filteredOn(setting -> setting.name().equals("warmlane.affinity.session.headers"))
                .singleElement()
                .extracting(setting -> List.of(
                        setting.defaultValue().replaceAll("[\\[\\]]", "").split(", ")))
                .isEqualTo(SettingsMetadata.hints("warmlane.affinity.session.headers"));
    }

    @Test
    void offersTargetsOfTheAccessLogThatAreNoFiles() throws IOException {
        assertThat(SettingsMetadata.hints("warmlane.access-log.target")).containsExactly("off", "stdout");
        assertThat(AccessLogSettings.isOn("off")).isFalse();
        assertThat(AccessLogSettings.isOn("stdout")).isTrue();
    }

    @Test
    void offersEverySignatureAlgorithm() throws IOException {
        List<String> offered = SettingsMetadata.hints("warmlane.auth.oidc.algorithms");
        assertThatThrownBy(() -> tokensSignedBy(List.of("none"))).hasMessageContaining(String.join(", ", offered));
        assertThat(tokensSignedBy(offered).algorithms()).isEqualTo(offered);
    }

    private static OidcSettings tokensSignedBy(List<String> algorithms) {
        return new OidcSettings("", "", List.of(), algorithms, "", "groups", List.of(), Duration.ofSeconds(5));
    }

    /** Those that are there to compare with say so in their first comment. */
    private static List<Path> policyFiles() throws IOException {
        List<Path> toServeWith = new ArrayList<>();
        try (Stream<Path> files = Files.list(POLICIES)) {
            for (Path file : files.toList()) {
                String story = Files.readString(file).split("(?m)^[^#]", 2)[0];
                if (!story.contains("To compare with.") && !story.contains("A control.")) {
                    toServeWith.add(file);
                }
            }
        }
        return toServeWith;
    }
}
