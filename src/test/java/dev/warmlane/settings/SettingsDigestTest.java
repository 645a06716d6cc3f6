package dev.warmlane.settings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.hash.Sha256.Hmac;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
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

    private static final Hmac KEY = new Hmac(new byte[] {1});

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
    void twoSecretsAreToldApartByWhoHasTheKey() {
        Map<String, String> one = given("warmlane.endpoint-salt=secret");
        Map<String, String> other = given("warmlane.endpoint-salt=Secret");
        assertThat(differing(one, other)).containsExactly("endpoint-salt");
        assertThat(differing(one, one)).isEmpty();
    }

    @Test
    void nobodyWithoutTheKeyCanTryWhatADigestWasMadeOf() {
        Map<String, Long> digests = digests(Map.of(), KEY);
        assertThat(digests(Map.of(), new Hmac(new byte[] {2})).values()).doesNotContainAnyElementsOf(digests.values());
        assertThat(digests(Map.of(), null).values()).doesNotContainAnyElementsOf(digests.values());
    }

    @Test
    void withoutAKeyItCountsWhetherASecretIsSetAndNotWhatItIs(@TempDir Path directory) throws IOException {
        Path one = Files.writeString(directory.resolve("one"), "keys: []");
        Path other = Files.writeString(directory.resolve("other"), "keys: [a]");
        for (List<String> pair : List.of(
                List.of("warmlane.endpoint-salt=secret", "warmlane.endpoint-salt=Secret"),
                List.of("warmlane.pools[0].api-key=secret", "warmlane.pools[0].api-key=Secret"),
                List.of("warmlane.auth.keys-file=" + one, "warmlane.auth.keys-file=" + other))) {
            Map<String, Long> first = digests(given(pair.get(0)), null);
            assertThat(first).isEqualTo(digests(given(pair.get(1)), null)).isNotEqualTo(digests(Map.of(), null));
        }
        assertThat(digests(given("warmlane.limits.streams=7"), null)).isNotEqualTo(digests(Map.of(), null));
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

    @Test
    void ofAFileItCountsWhatIsInForceAndNotWhatItSaysByNow(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("names"), "names: []");
        WarmlaneSettings settings = settings(given("warmlane.model-names.file=" + file));
        ReloadedFile<String> inForce = new ReloadedFile<>(file, SettingsDigestTest::onlyGood);
        SettingsDigest digest = new SettingsDigest(settings, Map.of(), List.of(inForce), KEY);
        Map<String, Long> before = digest.digests();

        Files.writeString(file, "bad");
        assertThat(digest.digests()).isEqualTo(before);
        inForce.check();
        assertThat(digest.digests()).isEqualTo(before);

        Files.writeString(file, "names: [a]");
        inForce.check();
        assertThat(digest.digests()).isNotEqualTo(before);
    }

    @Test
    void ofThePolicyItCountsWhatItWasMadeWith() {
        WarmlaneSettings settings = settings(Map.of());
        assertThat(new SettingsDigest(settings, Map.of("kappa", "1"), List.of(), KEY).digests())
                .isNotEqualTo(new SettingsDigest(settings, Map.of("kappa", "2"), List.of(), KEY).digests());
    }

    private static String onlyGood(byte[] content) {
        String text = new String(content, StandardCharsets.UTF_8);
        if (text.equals("bad")) {
            throw new IllegalArgumentException("bad (expected: good)");
        }
        return text;
    }

    private static Map<String, String> given(String setting) {
        String[] parts = setting.split("=", 2);
        return Map.of(parts[0], parts[1]);
    }

    private static Set<String> differing(Map<String, String> one, Map<String, String> other) {
        Map<String, Long> first = digests(one, KEY);
        Map<String, Long> second = digests(other, KEY);
        assertThat(first.keySet()).isEqualTo(second.keySet()).hasSizeGreaterThan(15);
        Set<String> differing = new TreeSet<>(first.keySet());
        differing.removeIf(group -> first.get(group).equals(second.get(group)));
        return differing;
    }

    /** Of a gateway that has just been started. */
    private static Map<String, Long> digests(Map<String, String> given, @Nullable Hmac key) {
        WarmlaneSettings settings = settings(given);
        List<ReloadedFile<?>> files = Stream.of(
                        settings.modelNames().file(), settings.auth().keysFile())
                .filter(path -> !path.isEmpty())
                .<ReloadedFile<?>>map(path -> new ReloadedFile<>(Path.of(path), content -> content))
                .toList();
        Map<String, String> policy = PolicyFiles.merged(
                settings.routing().policy(), settings.routing().parameters());
        return new SettingsDigest(settings, policy, files, key).digests();
    }

    private static WarmlaneSettings settings(Map<String, String> given) {
        Map<String, String> all = new HashMap<>(BASE);
        all.putAll(given);
        return new Binder(new MapConfigurationPropertySource(all))
                .bindOrCreate("warmlane", Bindable.of(WarmlaneSettings.class));
    }
}
