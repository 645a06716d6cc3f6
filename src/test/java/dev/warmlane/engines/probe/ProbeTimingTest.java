package dev.warmlane.engines.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProbeTimingTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void refusesValuesOutOfRangeNamingWhatWasExpected() {
        assertThatThrownBy(() -> new ProbeTiming(Duration.ZERO, SECOND, SECOND, SECOND, 1))
                .hasMessage("interval: 0ms (expected: >= 1ms)");
        assertThatThrownBy(() -> new ProbeTiming(SECOND, Duration.ofSeconds(-1), SECOND, SECOND, 1))
                .hasMessage("timeout: -1000ms (expected: >= 1ms)");
        assertThatThrownBy(() -> new ProbeTiming(SECOND, SECOND, Duration.ZERO, SECOND, 1))
                .hasMessage("keepAlive: 0ms (expected: >= 1ms)");
        assertThatThrownBy(() -> new ProbeTiming(SECOND, SECOND, SECOND, SECOND, 0))
                .hasMessage("maxConcurrent: 0 (expected: > 0)");
    }

    @Test
    void looksForEndpointsTenTimesAnIntervalWithinLimits() {
        assertThat(new ProbeTiming(SECOND, SECOND, SECOND, SECOND, 1).round()).isEqualTo(Duration.ofMillis(100));
        assertThat(new ProbeTiming(Duration.ofMillis(20), SECOND, SECOND, SECOND, 1).round())
                .isEqualTo(Duration.ofMillis(10));
        assertThat(new ProbeTiming(Duration.ofHours(1), SECOND, SECOND, SECOND, 1).round())
                .isEqualTo(Duration.ofMillis(500));
    }

    @Test
    void restsAnIntervalLongerUnlessThatClosesTheConnectionOrIsLong() {
        assertThat(timing(Duration.ofSeconds(1)).rest()).isEqualTo(Duration.ofSeconds(1));
        assertThat(timing(Duration.ofSeconds(2)).rest()).isEqualTo(Duration.ofMillis(600));
        assertThat(timing(Duration.ofSeconds(5)).rest())
                .as("a new connection either way")
                .isEqualTo(Duration.ofSeconds(5));
        assertThat(timing(Duration.ofSeconds(6)).rest()).isZero();
    }

    private static ProbeTiming timing(Duration interval) {
        return new ProbeTiming(interval, SECOND, Duration.ofSeconds(4), SECOND, 1);
    }
}
