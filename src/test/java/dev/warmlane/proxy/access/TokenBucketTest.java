package dev.warmlane.proxy.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class TokenBucketTest {
    private static final long START = Long.MAX_VALUE - 5;
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final TokenBucket bucket = new TokenBucket(60, START);

    @Test
    void holdsOneMinutesWorthAndFillsEvenly() {
        assertThat(bucket.take(60, START)).isZero();
        assertThat(bucket.take(1, START)).isEqualTo(SECOND);
        assertThat(bucket.take(2, START)).isEqualTo(2 * SECOND);
        assertThat(bucket.take(1, START + SECOND)).isZero();
        assertThat(bucket.take(1, START + SECOND)).isEqualTo(SECOND);
    }

    @Test
    void holdsNoMoreAfterALongTime() {
        long muchLater = START + 1000 * 60 * SECOND;
        assertThat(bucket.take(60, muchLater)).isZero();
        assertThat(bucket.take(1, muchLater)).isEqualTo(SECOND);
    }

    @Test
    void givesMoreThanItHoldsWhenFullAndOwesIt() {
        assertThat(bucket.take(180, START)).isZero();
        assertThat(bucket.take(1, START)).isEqualTo(121 * SECOND);
        assertThat(bucket.take(1, START + 121 * SECOND)).isZero();
    }

    @Test
    void waitsUntilItIsFullForMoreThanItHolds() {
        bucket.take(30, START);
        assertThat(bucket.take(180, START)).isEqualTo(30 * SECOND);
        assertThat(bucket.take(180, START + 30 * SECOND)).isZero();
    }

    @Test
    void takesCorrectionsInBothDirections() {
        bucket.take(60, START);
        bucket.correct(-10, START);
        assertThat(bucket.take(10, START)).isZero();
        bucket.correct(5, START);
        assertThat(bucket.take(1, START)).isEqualTo(6 * SECOND);
    }

    @Test
    void aCorrectionFillsItNoFurtherThanFull() {
        bucket.correct(-1000, START);
        assertThat(bucket.take(60, START)).isZero();
        assertThat(bucket.take(1, START)).isPositive();
    }

    @Test
    void owesAnHourAtMost() {
        bucket.correct(Long.MAX_VALUE, START);
        bucket.correct(Integer.MAX_VALUE, START);
        assertThat(bucket.take(1, START)).isLessThanOrEqualTo(TokenBucket.MAX_DEBT_NANOS);
    }

    @Property(tries = 200)
    void neverGivesMoreThanOneMinuteAndTheRate(
            @ForAll @IntRange(min = 1, max = 100_000) int perMinute,
            @ForAll @IntRange(min = 1, max = 50) int step,
            @ForAll @IntRange(min = 1, max = 2000) int stepMillis) {
        TokenBucket any = new TokenBucket(perMinute, 0);
        long given = 0;
        long now = 0;
        for (int i = 0; i < 200; i++) {
            if (step <= perMinute && any.take(step, now) == 0) {
                given += step;
            }
            now += stepMillis * 1_000_000L;
        }
        assertThat((double) given).isLessThanOrEqualTo(perMinute + perMinute * (now / 60e9) + 1);
    }
}
