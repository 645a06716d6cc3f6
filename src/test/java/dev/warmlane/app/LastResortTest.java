package dev.warmlane.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LastResortTest {
    private final CompletableFuture<Integer> ended = new CompletableFuture<>();

    @Test
    void endsTheProcessWhenTheLimitIsOver() throws Exception {
        new LastResort(Duration.ofMillis(1), ended::complete).begin(1);

        assertThat(ended.get(10, TimeUnit.SECONDS)).isEqualTo(1);
    }

    @Test
    void leavesAProcessAloneWhoseEndHasCome() throws Exception {
        LastResort cancelled = new LastResort(Duration.ofMillis(1), ended::complete);
        cancelled.cancel();
        cancelled.begin(1);
        CompletableFuture<Integer> later = new CompletableFuture<>();
        new LastResort(Duration.ofMillis(50), later::complete).begin(2);

        later.get(10, TimeUnit.SECONDS);

        assertThat(ended).isNotDone();
    }
}
