package dev.warmlane.proxy.access;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.proxy.access.Tenants.Tenant;
import org.junit.jupiter.api.Test;

class TenantsTest {
    private static final byte[] SECRET = "0123456789abcdef0123456789abcdef".getBytes(UTF_8);

    private final Tenants tenants = new Tenants(SECRET);
    private final Tenant acme = tenants.of("acme");
    private final Tenant other = tenants.of("other");

    @Test
    void whatMarksATenantIsTheSameOnEveryReplica() {
        Tenant elsewhere = new Tenants(SECRET.clone()).of("acme");
        assertThat(elsewhere.cacheSalt()).isEqualTo(acme.cacheSalt());
        assertThat(elsewhere.key("p", KeySource.SESSION, "s")).isEqualTo(acme.key("p", KeySource.SESSION, "s"));
        assertThat(elsewhere.owns(acme.newResponseId())).isTrue();
    }

    @Test
    void tenantsShareNoMark() {
        assertThat(other.cacheSalt()).isNotEqualTo(acme.cacheSalt());
        assertThat(other.key("p", KeySource.SESSION, "s")).isNotEqualTo(acme.key("p", KeySource.SESSION, "s"));
        assertThat(other.owns(acme.newResponseId())).isFalse();
    }

    @Test
    void nobodyWithoutTheSecretCanMakeAMark() {
        byte[] guessed = SECRET.clone();
        guessed[0]++;
        assertThat(new Tenants(guessed).of("acme").cacheSalt()).isNotEqualTo(acme.cacheSalt());
    }

    @Test
    void aKeyTellsPoolsSourcesAndValuesApart() {
        assertThat(acme.key("p", KeySource.SESSION, "s"))
                .isNotEqualTo(acme.key("q", KeySource.SESSION, "s"))
                .isNotEqualTo(acme.key("p", KeySource.CLIENT_IP, "s"))
                .isNotEqualTo(acme.key("p", KeySource.SESSION, "t"));
    }

    @Test
    void aSaltNeedsNoEscape() {
        assertThat(acme.cacheSalt()).matches("[A-Za-z0-9_-]{43}");
        assertThat(acme.newResponseId()).matches("resp_[0-9a-f]{64}").isNotEqualTo(acme.newResponseId());
    }

    @Test
    void aShortSecretIsRefused() {
        assertThatThrownBy(() -> new Tenants(new byte[31])).hasMessage("31 bytes (expected: at least 32)");
    }
}
