package dev.warmlane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.Awaited;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CountingLossesTest {
    private final Hanging hanging = new Hanging();
    private final CountingLosses exporter = new CountingLosses(hanging);

    @Test
    void closesAnExporterAtOnceWhoseCollectorIsGivenUp() {
        exporter.giveUp();

        assertThat(exporter.shutdown().isSuccess()).isTrue();

        assertThat(hanging.brokenOff).isCompletedWithValue(true);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    void breaksOffTheWaitForACollectorThatIsGivenUpMeanwhile() throws Exception {
        CompletableFuture<CompletableResultCode> closed = CompletableFuture.supplyAsync(exporter::shutdown);
        assertThat(hanging.begun.await(1, TimeUnit.MINUTES)).isTrue();

        exporter.giveUp();

        assertThat(Awaited.result(closed).isSuccess()).isTrue();
        assertThat(hanging.brokenOff).isCompletedWithValue(true);
    }

    /** Closes as Java's HTTP client does while a response is due: when it has come, or at once for who is interrupted. */
    private static final class Hanging implements SpanExporter {
        private final CountDownLatch begun = new CountDownLatch(1);
        private final CompletableFuture<Boolean> brokenOff = new CompletableFuture<>();

        @Override
        public CompletableResultCode export(Collection<SpanData> spans) {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode flush() {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown() {
            begun.countDown();
            try {
                brokenOff.complete(new CountDownLatch(1).await(1, TimeUnit.MINUTES));
            } catch (InterruptedException e) {
                brokenOff.complete(true);
            }
            return CompletableResultCode.ofSuccess();
        }
    }
}
