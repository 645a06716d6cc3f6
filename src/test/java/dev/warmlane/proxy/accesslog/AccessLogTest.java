package dev.warmlane.proxy.accesslog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

class AccessLogTest {
    private static final int QUEUE = 4;

    /** Writes as often as it is let. */
    private static final class GatedSink implements LineSink {
        private final Semaphore gate = new Semaphore(0);
        private final List<String> lines = new CopyOnWriteArrayList<>();
        private volatile boolean broken;
        private volatile boolean closed;

        @Override
        public void write(byte[] batch, int length) throws IOException {
            gate.acquireUninterruptibly();
            if (broken) {
                throw new IOException("No space left on device");
            }
            new String(batch, 0, length, StandardCharsets.UTF_8).lines().forEach(lines::add);
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private final GatedSink sink = new GatedSink();
    private final AccessLog log = new AccessLog(sink, Pseudonyms.of("salt"), QUEUE);

    @Test
    void writesWhatItIsGiven() {
        sink.gate.release(100);
        log.add(Records.served());
        log.add(Records.refused("id-2", 404));
        log.close();

        assertThat(sink.lines).hasSize(2);
        assertThat(sink.lines.get(1)).contains("\"request_id\":\"id-2\"");
        assertThat(log.written()).isEqualTo(2);
        assertThat(log.dropped()).isZero();
        assertThat(sink.closed).isTrue();
    }

    @Test
    void dropsAndCountsWhatComesWhileTheQueueIsFullAndBlocksNobody() {
        log.add(Records.served());
        // The first is taken out of the queue and waits for the disk.
        await().until(() -> sink.gate.hasQueuedThreads());
        for (int i = 0; i < QUEUE + 3; i++) {
            log.add(Records.served());
        }
        assertThat(log.dropped()).isEqualTo(3);

        sink.gate.release(100);
        log.close();
        assertThat(log.written()).isEqualTo(1 + QUEUE);
        assertThat(sink.lines).hasSize(1 + QUEUE);
    }

    @Test
    void countsWhatCannotBeWrittenAndGoesOnOnceItCan() {
        sink.broken = true;
        sink.gate.release(100);
        log.add(Records.served());
        await().until(() -> log.dropped() == 1);

        sink.broken = false;
        log.add(Records.refused("after", 404));
        log.close();
        assertThat(log.written()).isEqualTo(1);
        assertThat(sink.lines).singleElement().asString().contains("after");
    }
}
