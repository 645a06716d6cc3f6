package dev.warmlane.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.settings.AuthSettings.CorsSettings;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CorsSettingsTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*",
                "https://chat.example.com",
                "http://localhost:3000",
                "http://[::1]:3000",
                "chrome-extension://abcdef"
            })
    void takesOriginsAsBrowsersSendThem(String origin) {
        assertThat(settings(origin).allowedOrigins()).containsExactly(origin);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "chat.example.com",
                "https://a.example/",
                "https://A.example",
                "https://*.example",
                "https://"
            })
    void refusesWhatNoBrowserSends(String origin) {
        assertThatThrownBy(() -> settings(origin))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageContaining("warmlane.cors.allowed-origins");
    }

    private static CorsSettings settings(String origin) {
        return new CorsSettings(List.of(origin), List.of("GET"), List.of("*"), Duration.ZERO);
    }
}
