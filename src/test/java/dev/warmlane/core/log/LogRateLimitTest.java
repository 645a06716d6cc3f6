package dev.warmlane.core.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LogRateLimitTest {
    private long now = -5;
    private final LogRateLimit one = new LogRateLimit(1, Duration.ofSeconds(60), () -> now);
    private final LogRateLimit three = new LogRateLimit(3, Duration.ofSeconds(60), () -> now);

    @Test
    void letsTheFirstLineThroughAndThenOneInEachIntervalWithTheCountOfTheOthers() {
        passSeconds(1000);
        assertThat(one.next()).isZero();
        assertThat(one.next()).isEqualTo(LogRateLimit.LEFT_OUT);
        assertThat(one.next()).isEqualTo(LogRateLimit.LEFT_OUT);
        passSeconds(59);
        assertThat(one.next()).isEqualTo(LogRateLimit.LEFT_OUT);
        passSeconds(1);
        assertThat(one.next()).isEqualTo(3);
        assertThat(one.next()).isEqualTo(LogRateLimit.LEFT_OUT);
    }

    @Test
    void letsSeveralThroughAtOnceAndWhatIsNotUsedComesBack() {
        assertThat(three.next()).isZero();
        passSeconds(30);
        assertThat(three.next()).isZero();
        assertThat(three.next()).isZero();
        assertThat(three.next()).isEqualTo(LogRateLimit.LEFT_OUT);
        passSeconds(30);
        assertThat(three.next()).isEqualTo(1);
        assertThat(three.next()).isEqualTo(LogRateLimit.LEFT_OUT);
        passSeconds(1000);
        assertThat(three.next()).isEqualTo(1);
        assertThat(three.next()).isZero();
        assertThat(three.next()).isZero();
        assertThat(three.next()).isEqualTo(LogRateLimit.LEFT_OUT);
    }

    @Test
    void saysWhenWhatWasLeftOutCanBeTold() {
        assertThat(one.hasLeftOut()).isFalse();
        one.next();
        one.next();
        assertThat(one.hasLeftOut()).isFalse();
        passSeconds(60);
        assertThat(one.hasLeftOut()).isTrue();
        assertThat(one.next()).isEqualTo(1);
        assertThat(one.hasLeftOut()).isFalse();
    }

    @Test
    void aLineSaysHowManyLikeItWereLeftOut() {
        assertThat(LogRateLimit.text("it rains", 0)).isEqualTo("it rains");
        assertThat(LogRateLimit.text("it rains", 7)).isEqualTo("it rains (and 7 more since the last such line)");
    }

    private void passSeconds(long seconds) {
        now += Duration.ofSeconds(seconds).toNanos();
    }
}
