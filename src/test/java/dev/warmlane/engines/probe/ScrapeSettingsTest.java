package dev.warmlane.engines.probe;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ScrapeSettingsTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void refusesValuesOutOfRangeNamingWhatWasExpected() {
        assertThatThrownBy(() -> new ScrapeSettings(Duration.ZERO, SECOND, SECOND, SECOND, 1, 1))
                .hasMessage("interval: 0s (expected: >= 1ms)");
        assertThatThrownBy(() -> new ScrapeSettings(SECOND, Duration.ofSeconds(-1), SECOND, SECOND, 1, 1))
                .hasMessage("timeout: -1s (expected: >= 1ms)");
        assertThatThrownBy(() -> new ScrapeSettings(SECOND, SECOND, Duration.ZERO, SECOND, 1, 1))
                .hasMessage("connectTimeout: 0s (expected: >= 1ms)");
        assertThatThrownBy(() -> new ScrapeSettings(SECOND, SECOND, SECOND, Duration.ofMillis(500), 1, 1))
                .hasMessage("modelsInterval: 500ms (expected: >= interval 1s)");
        assertThatThrownBy(() -> new ScrapeSettings(SECOND, SECOND, SECOND, SECOND, 0, 1))
                .hasMessage("maxBodyBytes: 0 (expected: > 0)");
        assertThatThrownBy(() -> new ScrapeSettings(SECOND, SECOND, SECOND, SECOND, 1, 0))
                .hasMessage("maxConcurrent: 0 (expected: > 0)");
    }
}
