package dev.warmlane.engines.pool;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class HealthLogTest {
    private final Logger logger = (Logger) LoggerFactory.getLogger(HealthLog.class);
    private final ListAppender<ILoggingEvent> appender = new ListAppender<>();
    private long nanos;
    private final HealthLog log = new HealthLog("chat", () -> nanos);

    @BeforeEach
    void listen() {
        logger.setAdditive(false);
        logger.addAppender(appender);
        appender.start();
    }

    @AfterEach
    void stop() {
        logger.detachAppender(appender);
        logger.setAdditive(true);
    }

    @Test
    void aPanicThatComesAndGoesIsLoggedSomeTimesAndThenNowAndThenWithWhatIsTrueLast() {
        for (int i = 0; i < 100; i++) {
            log.panic(true, 1, 3);
            log.panic(false, 2, 3);
            log.ticked();
        }
        assertThat(lines())
                .hasSize(10)
                .startsWith(
                        "pool chat: only 1 of 3 endpoints are healthy, so all are used",
                        "pool chat: 2 of 3 endpoints are healthy, so only those are used");

        nanos += Duration.ofSeconds(10).toNanos();
        log.ticked();
        log.ticked();
        assertThat(lines())
                .hasSize(11)
                .last()
                .isEqualTo("pool chat: 2 of 3 endpoints are healthy, so only those are"
                        + " used (and 190 more since the last such line)");
    }

    private List<String> lines() {
        return appender.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }
}
