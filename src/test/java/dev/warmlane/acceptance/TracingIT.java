package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SpanReceiver;
import dev.warmlane.harness.Wire;
import io.micrometer.tracing.Tracer;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;

/** What a collector sees of requests, and what the engine sees of the trace. */
class TracingIT {
    private static final String TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
    private static final String CLIENT_SPAN_ID = "b7ad6b7169203331";
    private static final String TRACEPARENT = "00-" + TRACE_ID + "-" + CLIENT_SPAN_ID + "-01";
    private static final String BODY = "{\"model\":\"m\",\"prompt\":\"the launch code is 0000\"}";
    private static final String ANSWER = "{\"usage\":{\"prompt_tokens\":90,\"completion_tokens\":7,"
            + "\"prompt_tokens_details\":{\"cached_tokens\":64}}}";

    private final HandDrivenEngine engine = HandDrivenEngine.start();
    private final SpanReceiver collector = new SpanReceiver();

    @AfterEach
    void close() {
        engine.close();
        collector.close();
    }

    private RunningGateway traced() {
        return RunningGateway.start(collector.settings("warmlane.endpoints=" + engine.uri()));
    }

    private static String request(String traceparent) {
        return "POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nx-session-id: alice\r\n"
                + (traceparent.isEmpty() ? "" : "traceparent: " + traceparent + "\r\n")
                + "Content-Length: " + BODY.length() + "\r\n\r\n" + BODY;
    }

    private static String hex(com.google.protobuf.ByteString bytes) {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }

    @Test
    void aRequestIsASpanBetweenTheClientsAndTheEngines() {
        try (RunningGateway gateway = traced();
                Wire client = Wire.to(gateway.port())) {
            client.send(request(TRACEPARENT));
            Exchange exchange = engine.next();
            exchange.answer("200 OK\r\nContent-Type: application/json", ANSWER);
            assertThat(client.readMessage().status()).isEqualTo(200);

            Span span = collector.next();
            assertThat(hex(span.getTraceId())).isEqualTo(TRACE_ID);
            assertThat(hex(span.getParentSpanId())).isEqualTo(CLIENT_SPAN_ID);
            assertThat(exchange.request().header("traceparent"))
                    .isEqualTo("00-" + TRACE_ID + "-" + hex(span.getSpanId()) + "-01");
            assertThat(span.getName()).isEqualTo("POST generation");
            assertThat(span.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
            assertThat(SpanReceiver.attributes(span))
                    .containsAllEntriesOf(Map.of(
                            "warmlane.pool", "default",
                            "warmlane.endpoint", engine.uri().getAuthority(),
                            "warmlane.key", "session",
                            "warmlane.outcome", "placed",
                            "warmlane.retries", 0L,
                            "warmlane.predicted_tokens", 0L,
                            "warmlane.delivered_tokens", 64L,
                            "gen_ai.usage.input_tokens", 90L,
                            "gen_ai.usage.output_tokens", 7L,
                            "http.response.status_code", 200L))
                    .containsAllEntriesOf(
                            Map.of("url.path", "/v1/completions", "gen_ai.operation.name", "text_completion"))
                    .containsKeys("warmlane.overhead_seconds", "warmlane.first_byte_seconds");
            assertThat(span.toString()).doesNotContain("launch code", "alice");
        }
    }

    @Test
    void aRequestWithoutATraceBeginsOne() {
        try (RunningGateway gateway = traced();
                Wire client = Wire.to(gateway.port())) {
            client.send(request(""));
            Exchange exchange = engine.next();
            exchange.answer("500 Internal Server Error", "");
            assertThat(client.readMessage().status()).isEqualTo(500);

            Span span = collector.next();
            assertThat(span.getParentSpanId().isEmpty()).isTrue();
            assertThat(exchange.request().header("traceparent"))
                    .startsWith("00-" + hex(span.getTraceId()) + "-" + hex(span.getSpanId()) + "-");
            assertThat(span.getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_ERROR);
        }
    }

    @Test
    void whatWasRefusedAndWhatItsClientLeftAreSpansToo() {
        try (RunningGateway gateway = traced()) {
            Wire.statusOf(gateway.port(), "GET /sleep HTTP/1.1\r\nHost: a\r\n\r\n");
            Span refused = collector.next();
            assertThat(refused.getName()).isEqualTo("GET");
            assertThat(SpanReceiver.attributes(refused)).containsEntry("http.response.status_code", 404L);

            try (Wire leaving = Wire.to(gateway.port())) {
                leaving.send(request(""));
                engine.next();
            }
            assertThat(SpanReceiver.attributes(collector.next())).containsEntry("warmlane.result", "cancelled");
        }
    }

    @Test
    void withoutACollectorTheClientsTraceparentPassesUntouched() {
        try (RunningGateway gateway = RunningGateway.start("warmlane.endpoints=" + engine.uri());
                Wire client = Wire.to(gateway.port())) {
            client.send(request(TRACEPARENT));
            try (Exchange exchange = engine.next()) {
                assertThat(exchange.request().header("traceparent")).isEqualTo(TRACEPARENT);
            }
            assertThatThrownBy(() -> gateway.bean(Tracer.class)).isInstanceOf(NoSuchBeanDefinitionException.class);
        }
    }
}
