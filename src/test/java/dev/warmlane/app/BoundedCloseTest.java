package dev.warmlane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.CapturedLog;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;

class BoundedCloseTest {
    @RegisterExtension
    final CapturedLog log = new CapturedLog(BoundedClose.class);

    @Test
    void saysThatEverythingIsClosed() throws InterruptedException {
        CountDownLatch closed = new CountDownLatch(1);
        assertThat(BoundedClose.run(closed::countDown, Duration.ofMinutes(1))).isTrue();
        assertThat(closed.getCount()).isZero();
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void doesNotWaitForWhatDoesNotEndAndSaysWhereItWaits() throws InterruptedException {
        Thread stuck = new Thread(() -> Mono.never().block());
        stuck.setDaemon(true);
        stuck.start();
        await().until(() -> Arrays.toString(stuck.getStackTrace()).contains("Mono.block"));
        assertThat(BoundedClose.ended(stuck, Duration.ofMillis(300))).isFalse();
        assertThat(log.lines())
                .singleElement()
                .asString()
                .startsWith("not closed within 0.3 s, ends all the same; closing waits at ")
                .contains("reactor.core.publisher.Mono.block");
    }

    @Test
    void whatFailsIsClosedAsFarAsItCanBe() throws InterruptedException {
        CountDownLatch failed = new CountDownLatch(1);
        assertThat(BoundedClose.run(
                        () -> {
                            failed.countDown();
                            throw new IllegalStateException("broken");
                        },
                        Duration.ofMinutes(1)))
                .isTrue();
        assertThat(failed.getCount()).isZero();
    }
}
