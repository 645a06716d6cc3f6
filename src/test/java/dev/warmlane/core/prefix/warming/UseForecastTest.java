package dev.warmlane.core.prefix.warming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class UseForecastTest {
    private final UseForecast forecast = new UseForecast();

    @Test
    void foretellsWhatComesEvenly() {
        UseForecast.Uses uses = new UseForecast.Uses();
        for (int second = 0; second < 7200; second += 10) {
            forecast.used(uses, second);
        }
        assertThat(forecast.perSecond(uses, 7200)).isCloseTo(0.1, within(0.03));
    }

    @Test
    void aBurstIsForgottenWhereTrafficComesInBursts() {
        UseForecast.Uses uses = new UseForecast.Uses();
        for (int burst = 0; burst < 20; burst++) {
            for (int i = 0; i < 50; i++) {
                forecast.used(uses, burst * 1800 + i);
            }
        }
        double after = 19 * 1800 + 50;
        assertThat(forecast.perSecond(uses, after)).isGreaterThan(0.5);
        assertThat(forecast.perSecond(uses, after + 600)).isLessThan(0.1);
    }

    @Test
    void whatWasNeverUsedIsNotExpected() {
        assertThat(forecast.perSecond(new UseForecast.Uses(), 5)).isZero();
    }
}
