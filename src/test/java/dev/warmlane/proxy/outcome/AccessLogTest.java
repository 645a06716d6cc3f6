package dev.warmlane.proxy.outcome;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.status.Status;
import dev.warmlane.harness.CapturedLog;
import dev.warmlane.proxy.error.ApiException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class AccessLogTest {
    private static final int QUEUE = 4;

    /** Writes as often as it is let. */
    private static final class GatedTarget extends OutputStreamAppender<AccessRecord> {
        private final Semaphore gate = new Semaphore(0);
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private volatile boolean broken;

        @Override
        public void start() {
            setOutputStream(new OutputStream() {
                @Override
                public void write(int single) {
                    throw new UnsupportedOperationException();
                }

                @Override
                public void write(byte[] line) throws IOException {
                    gate.acquireUninterruptibly();
                    if (broken) {
                        throw new IOException("No space left on device");
                    }
                    bytes.write(line);
                }
            });
            super.start();
        }

        List<String> lines() {
            return bytes.toString(StandardCharsets.UTF_8).lines().toList();
        }
    }

    @RegisterExtension
    final CapturedLog said = new CapturedLog(AccessLog.class);

    private final GatedTarget target = new GatedTarget();
    private final AtomicLong seconds = new AtomicLong();
    private final AccessLog log;

    AccessLogTest() throws IOException {
        log = open(target, Duration.ofMinutes(1));
    }

    private AccessLog open(GatedTarget to, Duration closeLimit) throws IOException {
        return new AccessLog(
                to, Pseudonyms.of("salt"), "gw-a", QUEUE, closeLimit, () -> Instant.ofEpochSecond(seconds.get()));
    }

    @Test
    void whoeverReadsNothingHoldsUpTheEndForTheLimit() throws IOException {
        GatedTarget unread = new GatedTarget();
        AccessLog log = open(unread, Duration.ofMillis(20));
        log.add(Records.served());
        await().until(() -> unread.gate.hasQueuedThreads());
        log.close();
        assertThat(unread.getContext().getStatusManager().getCopyOfStatusList())
                .extracting(Status::getMessage)
                .anyMatch(said -> said.startsWith("Max queue flush timeout (20 ms) exceeded"));
        unread.gate.release(100);
    }

    @Test
    void writesWhatItIsGiven() {
        target.gate.release(100);
        log.add(Records.served());
        log.add(Records.refused("id-2", 404));
        log.close();

        assertThat(target.lines()).hasSize(2);
        assertThat(target.lines().get(1)).contains("\"request_id\":\"id-2\"");
        assertThat(log.written()).isEqualTo(2);
        assertThat(log.dropped()).isZero();
        assertThat(target.isStarted()).isFalse();
    }

    @Test
    void writesWhatIsRefusedBeforeItIsRead() {
        target.gate.release(100);
        log.malformed("id-3", ApiException.badRequest(null, "bad_request", "No HTTP."));
        log.close();

        assertThat(target.lines()).hasSize(1);
        assertThat(target.lines().get(0))
                .contains("\"request_id\":\"id-3\"", "\"result\":\"4xx\",\"status\":400,\"error\":\"bad_request\"")
                .doesNotContain("duration_ms", "pool");
    }

    @Test
    void dropsAndCountsWhatComesWhileTheQueueIsFullAndBlocksNobody() {
        log.add(Records.served());
        // The first is taken out of the queue and waits for the disk.
        await().until(() -> target.gate.hasQueuedThreads());
        for (int i = 0; i < QUEUE + 3; i++) {
            log.add(Records.served());
        }
        assertThat(log.dropped()).isEqualTo(3);

        target.gate.release(100);
        log.close();
        assertThat(log.written()).isEqualTo(1 + QUEUE);
        assertThat(target.lines()).hasSize(1 + QUEUE);
    }

    @Test
    void countsWhatCannotBeWrittenAndGoesOnOnceItCan() {
        target.broken = true;
        target.gate.release(100);
        log.add(Records.served());
        await().until(() -> log.dropped() == 1);

        target.broken = false;
        log.add(Records.refused("after", 404));
        log.close();
        assertThat(log.written()).isEqualTo(1);
        assertThat(target.lines()).singleElement().asString().contains("after");
    }

    /** On a full disk a short line fits where a long one did not. */
    @Test
    void saysOnceThatLinesAreLostUntilNoneWasForAMinute() {
        target.gate.release(100);
        for (int i = 0; i < 3; i++) {
            write(false);
            write(true);
        }
        seconds.set(59);
        write(true);
        seconds.set(60);
        write(true);
        write(false);
        // Its thread is over then, and all that it said is there.
        log.close();
        assertThat(said.lines())
                .satisfiesExactly(
                        full -> assertThat(full).contains("No space left on device"),
                        again -> assertThat(again).isEqualTo("access log: written again, 3 lines lost so far"),
                        full -> assertThat(full).contains("No space left on device"));
    }

    private void write(boolean fits) {
        long before = log.written() + log.dropped();
        target.broken = !fits;
        log.add(Records.served());
        await().until(() -> log.written() + log.dropped() == before + 1);
    }
}
