package dev.warmlane.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.util.unit.DataSize;

class DoubtfulSettingsTest {

    @ParameterizedTest
    @CsvSource({
        "warmlane.affinity.client-ip.trusted-proxies, 0.0.0.0/0, 0.0.0.0/0 trusts every client",
        "warmlane.affinity.client-ip.trusted-proxies, ::/0, ::/0 trusts every client",
        "warmlane.endpoint-salt, pepper, *** (6 characters) can be guessed",
        "warmlane.access-log.salt, pepper, *** (6 characters) can be guessed",
        "warmlane.limits.buffered-bodies, 2GB, '2GB is more than this process may use, 1024 MB'"
    })
    void whatIsHardlyMeantIsToldWithItsName(String name, String value, String told) {
        assertThat(of(Map.of(name, value)))
                .singleElement()
                .asString()
                .startsWith(name + ": " + told)
                .doesNotContain("pepper");
    }

    @Test
    void whatIsMeantIsNotTold() {
        assertThat(of(Map.of())).isEmpty();
        assertThat(of(Map.of(
                        "warmlane.affinity.client-ip.trusted-proxies", "10.0.0.0/8,192.168.0.10",
                        "warmlane.endpoint-salt", "sixteen or more characters",
                        "warmlane.limits.buffered-bodies", "1GB")))
                .isEmpty();
    }

    private static List<String> of(Map<String, String> given) {
        WarmlaneSettings settings = new Binder(new MapConfigurationPropertySource(given))
                .bindOrCreate("warmlane", Bindable.of(WarmlaneSettings.class));
        return DoubtfulSettings.of(settings, DataSize.ofGigabytes(1));
    }
}
