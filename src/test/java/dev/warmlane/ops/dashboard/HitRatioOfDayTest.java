package dev.warmlane.ops.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class HitRatioOfDayTest {

    @Test
    void aQuietNightSaysLessThanABusyHour() {
        assertThat(PoolView.hitRatioOfDay(Map.of(
                        "hitRatio", new float[] {0, 0, Float.NaN, 0.75f},
                        "promptTokensPerSecond", new float[] {1, 1, 0, 98})))
                .isEqualTo(0.735f);
    }

    @Test
    void aDayWithoutPromptsHasNone() {
        assertThat(PoolView.hitRatioOfDay(null)).isNaN();
        assertThat(PoolView.hitRatioOfDay(
                        Map.of("hitRatio", new float[] {Float.NaN}, "promptTokensPerSecond", new float[] {0})))
                .isNaN();
    }
}
