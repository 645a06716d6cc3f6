package dev.warmlane.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class SettingsDigestTest {
    private static final Map<String, String> BASE =
            Map.of("warmlane.pools[0].name", "a", "warmlane.pools[0].endpoints", "http://a:1");

    @ParameterizedTest
    @CsvSource({
        "warmlane.affinity.ttl=1h, affinity",
        "warmlane.affinity.session.cookie=c, affinity",
        "warmlane.routing.policy=sticky, routing",
        "warmlane.routing.parameters.kappa=3, routing",
        "warmlane.limits.streams=7, limits",
        "warmlane.pools[0].endpoints=http://b:1, pools",
        "warmlane.pools[0].api-key=secret, pools",
        "warmlane.endpoint-salt=secret, endpoint-salt",
        "warmlane.response-headers=false, response-headers"
    })
    void aSettingThatDiffersIsToldByItsGroup(String setting, String group) {
        assertThat(differing(Map.of(), given(setting))).containsExactly(group);
    }

    @Test
    void twoSecretsAreToldApartAndNotTold() {
        Map<String, String> one = given("warmlane.endpoint-salt=secret");
        Map<String, String> other = given("warmlane.endpoint-salt=Secret");
        assertThat(differing(one, other)).containsExactly("endpoint-salt");
        assertThat(differing(one, one)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "warmlane.history.directory=/var",
        "warmlane.access-log.target=/var/log/a",
        "warmlane.dashboard.read-only=true",
        "warmlane.management.key=sixteen characters",
        "warmlane.cluster.member-name=b",
        "warmlane.warm-up=0s"
    })
    void whatIsEachReplicasOwnIsNotCompared(String setting) {
        assertThat(differing(Map.of(), given(setting))).isEmpty();
    }

    @Test
    void ofFilesTheContentCountsAndNotThePlace(@TempDir Path directory) throws IOException {
        Path one = Files.writeString(directory.resolve("one"), "names: []");
        Path same = Files.writeString(directory.resolve("same"), "names: []");
        Path other = Files.writeString(directory.resolve("other"), "names: [a]");
        for (String setting : Set.of("warmlane.model-names.file", "warmlane.auth.keys-file")) {
            assertThat(differing(given(setting + "=" + one), given(setting + "=" + same)))
                    .isEmpty();
            assertThat(differing(given(setting + "=" + one), given(setting + "=" + other)))
                    .hasSize(1);
        }
    }

    private static Map<String, String> given(String setting) {
        String[] parts = setting.split("=", 2);
        return Map.of(parts[0], parts[1]);
    }

    private static Set<String> differing(Map<String, String> one, Map<String, String> other) {
        Map<String, Long> first = digests(one);
        Map<String, Long> second = digests(other);
        assertThat(first.keySet()).isEqualTo(second.keySet()).hasSizeGreaterThan(15);
        Set<String> differing = new TreeSet<>(first.keySet());
        differing.removeIf(group -> first.get(group).equals(second.get(group)));
        return differing;
    }

    private static Map<String, Long> digests(Map<String, String> given) {
        Map<String, String> all = new HashMap<>(BASE);
        all.putAll(given);
        return SettingsDigest.of(new Binder(new MapConfigurationPropertySource(all))
                .bindOrCreate("warmlane", Bindable.of(WarmlaneSettings.class)));
    }
}
