package dev.warmlane.core.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.warmlane.core.routing.EndpointSpeeds.TransferSpeed;
import org.junit.jupiter.api.Test;

class TransferSpeedTest {
    private static final double EXPECTED = 10e-6;

    private final TransferSpeed speed = new TransferSpeed();

    @Test
    void isAsExpectedUntilSomethingIsLearned() {
        assertThat(speed.seconds(10_000, EXPECTED)).isEqualTo(0.110, within(1e-9));
    }

    @Test
    void learnsFromLongTransfersOnly() {
        learn(100, 1000, 30);
        assertThat(speed.seconds(10_000, EXPECTED)).isEqualTo(0.110, within(1e-9));
        learn(100, 10_000, 0.41);
        assertThat(speed.seconds(10_000, EXPECTED)).isEqualTo(0.41, within(0.06));
    }

    @Test
    void aSingleOutlierChangesLittle() {
        learn(50, 10_000, 0.11);
        speed.learn(10_000, 60);
        assertThat(speed.seconds(10_000, EXPECTED)).isBetween(0.110, 0.118);
    }

    @Test
    void staysWithinBoundsOfWhatIsExpected() {
        learn(1000, 10_000, 1e6);
        assertThat(speed.seconds(10_000, EXPECTED)).isEqualTo(0.01 + 32 * 0.1, within(1e-6));
        assertThat(speed.seconds(10_000, 1e-12)).isLessThan(0.011);
        learn(1000, 10_000, -5);
        assertThat(speed.seconds(10_000, EXPECTED)).isPositive();
    }

    private void learn(int times, long tokens, double seconds) {
        for (int i = 0; i < times; i++) {
            speed.learn(tokens, seconds);
        }
    }
}
