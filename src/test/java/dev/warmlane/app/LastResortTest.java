package dev.warmlane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.Awaited;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class LastResortTest {
    private final CompletableFuture<Integer> ended = new CompletableFuture<>();

    @Test
    void endsTheProcessWhenTheLimitIsOver() {
        new LastResort(Duration.ofMillis(1), ended::complete).begin(1);

        assertThat(Awaited.result(ended)).isEqualTo(1);
    }

    @Test
    void leavesAProcessAloneWhoseEndHasCome() {
        LastResort cancelled = new LastResort(Duration.ofMillis(1), ended::complete);
        cancelled.cancel();
        cancelled.begin(1);
        CompletableFuture<Integer> later = new CompletableFuture<>();
        new LastResort(Duration.ofMillis(50), later::complete).begin(2);

        Awaited.result(later);

        assertThat(ended).isNotDone();
    }
}
