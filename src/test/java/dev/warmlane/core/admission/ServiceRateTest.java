package dev.warmlane.core.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.warmlane.core.admission.ServiceRate.RetryAdvice;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ServiceRateTest {
    private static final Duration UNKNOWN = Duration.ofSeconds(7);

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000_000_000L);
    private final ServiceRate rate = new ServiceRate(nanos::get);
    private final RetryAdvice advice = new RetryAdvice(rate, UNKNOWN, new SplittableRandom(1));

    @Test
    void isZeroBeforeAnythingHasEnded() {
        assertThat(rate.perSecond()).isZero();
    }

    @Test
    void findsASteadyRate() {
        endEvery(Duration.ofMillis(100), 45);
        assertThat(rate.perSecond()).isCloseTo(10, within(0.5));
    }

    @Test
    void knowsARateSoonerThanItsWindowIsLong() {
        endEvery(Duration.ofMillis(100), 3);
        assertThat(rate.perSecond()).isCloseTo(10, within(0.5));
    }

    @Test
    void forgetsWhatIsOlderThanItsWindow() {
        endEvery(Duration.ofMillis(10), 5);
        nanos.addAndGet(Duration.ofSeconds(31).toNanos());
        assertThat(rate.perSecond()).isZero();
    }

    @Test
    void advisesToComeBackOnceTheLineIsServed() {
        endEvery(Duration.ofMillis(100), 40);
        for (int i = 0; i < 100; i++) {
            assertThat(advice.after(49).toMillis()).isBetween(4_900L, 7_700L);
        }
    }

    @Test
    void advisesNeitherHasteNorForever() {
        assertThat(advice.after(0)).isBetween(UNKNOWN, UNKNOWN.multipliedBy(3).dividedBy(2));
        endEvery(Duration.ofMillis(1), 5);
        assertThat(advice.after(0)).isBetween(Duration.ofMillis(100), Duration.ofMillis(150));
        assertThat(advice.after(1_000_000)).isEqualTo(Duration.ofSeconds(60));
    }

    private void endEvery(Duration pause, int seconds) {
        for (long end = seconds * 1_000L / pause.toMillis(); end > 0; end--) {
            nanos.addAndGet(pause.toNanos());
            rate.ended();
        }
    }
}
