package dev.warmlane.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.proxy.Retries.Backoff;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackoffTest {
    private static final Duration FIRST = Duration.ofMillis(25);
    private static final Duration MAX = Duration.ofMillis(250);

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 12", "2, 25", "3, 50", "4, 100", "5, 125", "6, 125", "1000, 125"})
    void doublesUpToTheHighest(int repetitions, long millis) {
        Backoff half = new Backoff(FIRST, MAX, () -> 0.5);

        assertThat(half.pause(repetitions).toMillis()).isEqualTo(millis);
    }

    @Test
    void isRandomBetweenZeroAndTheCeiling() {
        assertThat(new Backoff(FIRST, MAX, () -> 0).pause(3)).isZero();
        assertThat(new Backoff(FIRST, MAX, () -> Math.nextDown(1.0)).pause(3))
                .isLessThan(Duration.ofMillis(100))
                .isGreaterThan(Duration.ofMillis(99));
    }
}
