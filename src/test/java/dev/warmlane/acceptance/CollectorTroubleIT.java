package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SpanReceiver;
import dev.warmlane.harness.Wire;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Spans that their collector does not take, while the gateway runs and when it ends. */
@ExtendWith(OutputCaptureExtension.class)
class CollectorTroubleIT {
    /** No engine has to serve a request to make it a span. */
    private static final String ENDPOINT = "warmlane.endpoints=http://127.0.0.1:1";

    private static final String REFUSED = "GET /sleep HTTP/1.1\r\nHost: a\r\n\r\n";

    @Test
    void aGatewayThatEndsGivesUpACollectorThatHangs(CapturedOutput output) {
        try (HandDrivenEngine hanging = HandDrivenEngine.start()) {
            try (RunningGateway gateway = RunningGateway.start(
                    ENDPOINT,
                    "warmlane.drain.farewell=1ms",
                    "management.tracing.sampling.probability=1.0",
                    "management.opentelemetry.tracing.export.otlp.endpoint=" + hanging.uri())) {
                assertThat(Wire.statusOf(gateway.port(), REFUSED)).isEqualTo(404);
            }
            assertThat(output)
                    .contains(
                            "spans: 1 not taken by the collector: java.util.concurrent.CancellationException: the gateway ends");
        }
    }

    @Test
    void aCollectorThatIsDownIsOneLineAMinute(CapturedOutput output) {
        SpanReceiver collector = new SpanReceiver();
        collector.close();
        try (RunningGateway gateway = RunningGateway.start(collector.settings(
                ENDPOINT,
                "warmlane.drain.farewell=1ms",
                "management.opentelemetry.tracing.export.otlp.timeout=100ms"))) {
            for (int i = 0; i < 5; i++) {
                assertThat(Wire.statusOf(gateway.port(), REFUSED)).isEqualTo(404);
                await().atMost(Duration.ofSeconds(30))
                        .until(() -> output.toString().contains("not taken by the collector"));
            }
        }
        assertThat(output.toString().lines())
                .filteredOn(line -> line.contains("not taken by the collector"))
                .hasSize(1);
        assertThat(output.toString()).doesNotContain("HttpExporter", "\tat ");
    }
}
