package dev.warmlane.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterSettingsTest {
    private static final String SECRET = "sixteen characters";

    @Test
    void withoutMembersOrServiceThereIsNoClusterAndNothingIsNeeded() {
        assertThat(settings(List.of(), "", "", "", "").enabled()).isFalse();
    }

    @Test
    void looksForMembersByTheirAddressesOrByTheServiceAndTheOwnPort() {
        assertThat(settings(List.of("a:1", "10.0.0.2:2", "[fd00::1]:3"), "", SECRET, "", "")
                        .seeds())
                .containsExactly(
                        InetSocketAddress.createUnresolved("a", 1),
                        InetSocketAddress.createUnresolved("10.0.0.2", 2),
                        InetSocketAddress.createUnresolved("fd00::1", 3));
        assertThat(settings(List.of(), "gateways.ns.svc", SECRET, "", "").seeds())
                .containsExactly(InetSocketAddress.createUnresolved("gateways.ns.svc", 7946));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "|  |  | warmlane.cluster.secret: not set (expected: one of secret, secret-file and ssl-bundle",
                "sixteen characters | /file |  | warmlane.cluster.secret-file: secret and secret-file (expected: one of",
                "| /file | bundle | warmlane.cluster.ssl-bundle: secret-file and ssl-bundle (expected: one of",
                "too short |  |  | warmlane.cluster.secret: *** (9 characters) (expected: at least 16 characters)",
            })
    void isNotStartedOpenToEverybody(String secret, String file, String bundle, String message) {
        assertThatThrownBy(() -> settings(List.of("a:1"), "", text(secret), text(file), text(bundle)))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageStartingWith(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "a:", ":1", "a:0", "a:65536", "http://a:1", "fd00::1:7946", "a:1:2"})
    void refusesAMemberThatIsNoAddress(String member) {
        assertThatThrownBy(() -> settings(List.of("b:1", member), "", SECRET, "", ""))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageStartingWith("warmlane.cluster.members[1]: " + member + " (expected: ");
    }

    @Test
    void isIncompleteWhereNothingSaysWhereOthersAre() {
        assertThat(settings(List.of(), "", SECRET, "", "").incomplete()).isTrue();
        assertThat(settings(List.of(), "", "", "/file", "").incomplete()).isTrue();
        assertThat(settings(List.of(), "", "", "", "bundle").incomplete()).isTrue();
        assertThat(settings(List.of(), "", "", "", "").incomplete()).isFalse();
        assertThat(settings(List.of(), "gateways", SECRET, "", "").incomplete()).isFalse();
    }

    @Test
    void refusesTwoWaysToFindMembers() {
        assertThatThrownBy(() -> settings(List.of("a:1"), "service", SECRET, "", ""))
                .hasMessage("warmlane.cluster.service: service (expected: nothing, since members are listed)");
    }

    private static String text(String value) {
        return value == null ? "" : value;
    }

    private static ClusterSettings settings(
            List<String> members, String service, String secret, String file, String bundle) {
        return new ClusterSettings(
                members,
                service,
                7946,
                "",
                "",
                "warmlane",
                "",
                secret,
                file,
                bundle,
                Duration.ofSeconds(3),
                Duration.ofMillis(10));
    }
}
