package dev.warmlane.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.cluster.BoundedLog.OncePerMinute;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OncePerMinuteTest {
    private long now = -5;
    private final OncePerMinute limit = new OncePerMinute(() -> now);

    @Test
    void permitsTheFirstLineAndThenOneAMinuteWithTheCountOfTheOthers() {
        assertThat(limit.permit()).isZero();
        assertThat(limit.permit()).isEqualTo(OncePerMinute.NOT_NOW);
        assertThat(limit.permit()).isEqualTo(OncePerMinute.NOT_NOW);
        now += TimeUnit.MINUTES.toNanos(1) - 1;
        assertThat(limit.permit()).isEqualTo(OncePerMinute.NOT_NOW);
        now++;
        assertThat(limit.permit()).isEqualTo(3);
    }
}
