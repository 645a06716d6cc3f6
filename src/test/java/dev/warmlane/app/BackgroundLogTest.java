package dev.warmlane.app;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BackgroundLogTest {
    private static final String LOST = "log: %s lost, as nobody read them";

    /** Held by whoever keeps what is written from being read. */
    private final ReentrantLock reading = new ReentrantLock();

    private final CountDownLatch taken = new CountDownLatch(1);
    private final List<String> written = new CopyOnWriteArrayList<>();
    private final LoggerContext context = new LoggerContext();
    private final Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    private Runnable end = () -> {};

    @BeforeEach
    void writeToSomebodyWhoDoesNotRead() {
        AppenderBase<ILoggingEvent> pipe = new AppenderBase<>() {
            @Override
            protected void append(ILoggingEvent event) {
                taken.countDown();
                reading.lock();
                written.add(event.getFormattedMessage());
                reading.unlock();
            }
        };
        pipe.setContext(context);
        pipe.start();
        context.setMDCAdapter(new LogbackMDCAdapter());
        root.addAppender(pipe);
        end = BackgroundLog.takeOver(root);
        reading.lock();
    }

    @AfterEach
    void stop() {
        if (reading.isHeldByCurrentThread()) {
            reading.unlock();
        }
        context.stop();
    }

    @Test
    void whoLogsDoesNotWaitAndWhatIsTooMuchIsCounted() throws InterruptedException {
        root.info("first");
        taken.await();
        for (int i = 0; i < BackgroundLog.MOST_LINES + 7; i++) {
            root.info("line");
        }
        assertThat(written).isEmpty();

        reading.unlock();
        while (written.size() < 3) { // Room for two: the number of lost lines, and the last one.
            Thread.onSpinWait();
        }
        root.info("last");
        end.run();
        assertThat(written)
                .hasSize(1 + BackgroundLog.MOST_LINES + 2)
                .startsWith("first", "line")
                .endsWith(LOST.formatted("7 lines"), "last");
    }

    @Test
    void whatWaitsIsWrittenAtTheEnd() {
        reading.unlock();
        for (int i = 0; i < 100; i++) {
            root.info("line");
        }
        end.run();
        assertThat(written).hasSize(100);
    }
}
