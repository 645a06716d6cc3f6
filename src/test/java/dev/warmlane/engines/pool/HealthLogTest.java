package dev.warmlane.engines.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.CapturedLog;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class HealthLogTest {
    @RegisterExtension
    final CapturedLog logged = new CapturedLog(HealthLog.class);

    private long nanos;
    private final HealthLog log = new HealthLog("chat", () -> nanos);

    @Test
    void aPanicThatComesAndGoesIsLoggedSomeTimesAndThenNowAndThenWithWhatIsTrueLast() {
        for (int i = 0; i < 100; i++) {
            log.panic(true, 1, 3);
            log.panic(false, 2, 3);
            log.ticked();
        }
        assertThat(logged.lines())
                .hasSize(10)
                .startsWith(
                        "pool chat: only 1 of 3 endpoints is healthy, so all are used",
                        "pool chat: 2 of 3 endpoints are healthy, so only those are used");

        nanos += Duration.ofSeconds(10).toNanos();
        log.ticked();
        log.ticked();
        assertThat(logged.lines())
                .hasSize(11)
                .last()
                .isEqualTo("pool chat: 2 of 3 endpoints are healthy, so only those are"
                        + " used (and 190 more since the last such line)");
    }

    @Test
    void aPanicEndsWithTheLastEndpointThatIsReady() {
        log.panic(true, 0, 1);
        log.panic(false, 0, 0);
        assertThat(logged.lines())
                .containsExactly(
                        "pool chat: no endpoint is healthy, so all are used",
                        "pool chat: no endpoint is ready, so none is used");
    }
}
