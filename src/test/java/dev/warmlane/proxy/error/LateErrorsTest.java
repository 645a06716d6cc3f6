package dev.warmlane.proxy.error;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.read.ListAppender;
import dev.warmlane.proxy.error.FailureLog.LateErrors;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Operators;
import reactor.netty.channel.AbortedException;
import reactor.util.context.Context;

class LateErrorsTest {
    private final Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        lines.start();
        root.addAppender(lines);
        LateErrors.logUntold();
    }

    @AfterEach
    void stop() {
        root.detachAppender(lines);
    }

    @Test
    void whatAClientWasToldIsNotLogged() {
        Operators.onErrorDropped(ApiException.bodyTooSlow(), Context.empty());
        assertThat(logged()).doesNotContain(ApiException.bodyTooSlow().getMessage());
    }

    @Test
    void aClientThatLeftIsNotLogged() {
        IOException reset = new IOException("recvAddress(..) failed: Connection reset by peer");
        Operators.onErrorDropped(new AbortedException(reset), Context.empty());
        assertThat(logged()).isEmpty();
    }

    @Test
    void whatNobodyWasToldIs() {
        Operators.onErrorDropped(new IllegalStateException("lost"), Context.empty());
        assertThat(logged()).contains("lost");
    }

    @Test
    void ofEachKindOneASecondIsLogged() {
        AtomicLong clock = new AtomicLong();
        LateErrors errors = new LateErrors(clock::get);
        errors.dropped(new IllegalStateException("first"));
        errors.dropped(new IllegalStateException("second"));
        errors.dropped(new IllegalArgumentException("other"));
        clock.addAndGet(Duration.ofSeconds(1).toNanos());
        errors.dropped(new IllegalStateException("third"));

        assertThat(logged()).contains("first", "other", "third").doesNotContain("second");
        assertThat(List.copyOf(lines.list))
                .extracting(ILoggingEvent::getFormattedMessage)
                .contains("an error came after its request was over (and 1 more since the last such line)");
    }

    /** The messages of the errors that were logged. */
    private List<String> logged() {
        return List.copyOf(lines.list).stream()
                .map(ILoggingEvent::getThrowableProxy)
                .filter(Objects::nonNull)
                .map(IThrowableProxy::getMessage)
                .toList();
    }
}
