package dev.warmlane.engines.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.core.vllm.VllmMetrics.PrefixCacheCounters;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PrefixCacheHistoryTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    // Near the end of the range, for nanosecond clocks may start anywhere and run over.
    private final AtomicLong nanos =
            new AtomicLong(Long.MAX_VALUE - Duration.ofMinutes(30).toNanos());
    private final PrefixCacheHistory history = new PrefixCacheHistory(nanos::get);

    @Test
    void hasNothingBeforeTheSecondScrape() {
        assertThat(history.over(MINUTE)).isEqualTo(PrefixCacheCounters.NONE);

        history.record(new PrefixCacheCounters(1_000_000, 900_000));

        assertThat(history.over(MINUTE)).isEqualTo(PrefixCacheCounters.NONE);
    }

    @Test
    void countsFromTheFirstScrapeWhereTheWindowIsLonger() {
        history.record(new PrefixCacheCounters(1000, 500));
        pass(Duration.ofSeconds(1));
        history.record(new PrefixCacheCounters(1100, 550));

        assertThat(history.over(Duration.ofMinutes(60))).isEqualTo(new PrefixCacheCounters(100, 50));
    }

    @Test
    void forgetsWhatIsOlderThanTheWindow() {
        history.record(new PrefixCacheCounters(0, 0));
        pass(Duration.ofSeconds(10));
        history.record(new PrefixCacheCounters(100, 0));
        pass(Duration.ofSeconds(55));
        history.record(new PrefixCacheCounters(130, 30));

        assertThat(history.over(MINUTE)).isEqualTo(new PrefixCacheCounters(130, 30));

        pass(Duration.ofSeconds(5));

        assertThat(history.over(MINUTE)).isEqualTo(new PrefixCacheCounters(30, 30));
    }

    @Test
    void isEmptyOnceTheScrapesHaveFailedForAWholeWindow() {
        history.record(new PrefixCacheCounters(0, 0));
        pass(Duration.ofSeconds(10));
        history.record(new PrefixCacheCounters(100, 50));
        pass(MINUTE);

        assertThat(history.over(MINUTE)).isEqualTo(PrefixCacheCounters.NONE);
        assertThat(history.over(Duration.ofMinutes(5))).isEqualTo(new PrefixCacheCounters(100, 50));
    }

    @Test
    void addsWhatWasCountedAfterARestartToWhatWasCountedBefore() {
        history.record(new PrefixCacheCounters(1000, 800));
        pass(Duration.ofSeconds(1));
        history.record(new PrefixCacheCounters(1100, 810));
        pass(Duration.ofSeconds(1));
        history.record(new PrefixCacheCounters(40, 30));
        pass(Duration.ofSeconds(1));
        history.record(new PrefixCacheCounters(60, 30));

        assertThat(history.over(MINUTE)).isEqualTo(new PrefixCacheCounters(160, 40));
    }

    @Test
    void holdsAnHourOfScrapesAndNoMore() {
        // One token a second; three hours go several times round the ring.
        for (int second = 0; second <= 10_800; second++) {
            history.record(new PrefixCacheCounters(second, second / 2));
            pass(Duration.ofSeconds(1));
        }

        assertThat(history.over(Duration.ofMinutes(60)).queriedTokens()).isBetween(3600L - 1, 3605L);
        assertThat(history.over(Duration.ofMinutes(5)).queriedTokens()).isBetween(300L - 1, 305L);
        assertThat(history.over(MINUTE).queriedTokens()).isBetween(60L - 1, 65L);
        assertThat(history.over(MINUTE).hitRatio()).isBetween(0.45, 0.55);
    }

    @Test
    void refusesAWindowThatItCannotHold() {
        assertThatThrownBy(() -> history.over(Duration.ofSeconds(3601)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("window: 3601s (expected: > 0s, <= 3600s)");
        assertThatThrownBy(() -> history.over(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }
}
