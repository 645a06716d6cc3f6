package dev.warmlane.proxy.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FailureLogTest {
    private final List<String> lines = new ArrayList<>();
    /** Anywhere, as that of {@link System#nanoTime}. */
    private long now = Long.MAX_VALUE - 5;

    private final FailureLog log = new FailureLog(lines::add, () -> now);

    @Test
    void namesEndpointFailureAndReason() {
        log.note("a:8000", "response broke off", "reset");

        assertThat(lines).containsExactly("endpoint a:8000: response broke off: reset");
    }

    @Test
    void repeatsALineOnceASecondWithTheNumberOfThoseLeftOut() {
        for (int i = 0; i < 300; i++) {
            log.note("a:8000", "response broke off", "reset");
        }
        assertThat(lines).hasSize(1);

        now += Duration.ofSeconds(1).toNanos();
        log.note("a:8000", "response broke off", "reset");
        now += Duration.ofSeconds(1).toNanos();
        log.note("a:8000", "response broke off", "reset");

        assertThat(lines)
                .containsExactly(
                        "endpoint a:8000: response broke off: reset",
                        "endpoint a:8000: response broke off: reset (and 299 more since the last such line)",
                        "endpoint a:8000: response broke off: reset");
    }

    @Test
    void limitsEachEndpointAndFailureForItself() {
        log.note("a:8000", "response broke off", "reset");
        log.note("b:8000", "response broke off", "reset");
        log.note("a:8000", "request failed", "reset");
        log.note("a:8000", "response broke off", "timeout");

        assertThat(lines).hasSize(4);
    }
}
