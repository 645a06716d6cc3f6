package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SpanReceiver;
import dev.warmlane.harness.Wire;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import io.micrometer.tracing.Tracer;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.boot.info.BuildProperties;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

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
        return request(traceparent, BODY);
    }

    private static String request(String traceparent, String body) {
        return "POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nx-session-id: alice\r\n"
                + (traceparent.isEmpty() ? "" : "traceparent: " + traceparent + "\r\n")
                + "Content-Length: " + body.length() + "\r\n\r\n" + body;
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
            assertThat(span.getName()).isEqualTo("POST /v1/completions");
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
                    .containsAllEntriesOf(Map.of(
                            "url.path", "/v1/completions",
                            "http.route", "/v1/completions",
                            "gen_ai.operation.name", "text_completion",
                            "gen_ai.request.model", "m"))
                    .containsKeys("warmlane.overhead_seconds", "warmlane.first_byte_seconds");
            assertThat(span.toString()).doesNotContain("launch code", "alice");
            assertThat(collector.resource())
                    .containsEntry("service.name", "warmlane")
                    .containsEntry(
                            "service.version",
                            gateway.bean(BuildProperties.class).getVersion());
        }
    }

    @Test
    void eachAttemptIsASpanAndTheAccessLogNamesTheSame(@TempDir Path directory) throws IOException {
        Path log = directory.resolve("access.log");
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2));
                RunningGateway gateway = RunningGateway.inFrontOf(
                        fleet,
                        collector.settings(
                                "warmlane.access-log.target=" + log,
                                "warmlane.cluster.member-name=gw-a",
                                "warmlane.health.interval=1h"))) {
            fleet.server(0).close();
            Span request;
            int session = 0;
            do {
                // Whose session is placed at the endpoint that is gone, meets it first.
                String asked = request("", "{\"prompt\":\"hello\"}").replace("alice", "alice-" + session++);
                assertThat(Wire.statusOf(gateway.port(), asked)).isEqualTo(200);
                request = collector.next();
            } while (SpanReceiver.attributes(request).get("warmlane.retries").equals(0L)
                    && collector.nextAttempt() != null);

            // They are told in any order.
            List<Span> attempts = Stream.of(collector.nextAttempt(), collector.nextAttempt())
                    .sorted(Comparator.comparingLong(Span::getStartTimeUnixNano))
                    .toList();
            Span failed = attempts.get(0);
            Span served = attempts.get(1);
            assertThat(List.of(failed, served))
                    .extracting(Span::getParentSpanId)
                    .containsOnly(request.getSpanId());
            assertThat(SpanReceiver.attributes(failed))
                    .containsEntry("warmlane.endpoint", fleet.uris().get(0).getAuthority())
                    .containsEntry("error.type", "connect");
            assertThat(failed.getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_ERROR);
            assertThat(SpanReceiver.attributes(served))
                    .containsEntry("warmlane.endpoint", fleet.uris().get(1).getAuthority())
                    .containsEntry("http.request.resend_count", 1L)
                    .doesNotContainKey("error.type");
            assertThat(failed.getStartTimeUnixNano()).isGreaterThanOrEqualTo(request.getStartTimeUnixNano());
            assertThat(failed.getEndTimeUnixNano()).isLessThanOrEqualTo(served.getStartTimeUnixNano());
            assertThat(served.getEndTimeUnixNano()).isLessThanOrEqualTo(request.getEndTimeUnixNano());

            String id =
                    SpanReceiver.attributes(request).get("warmlane.request_id").toString();
            String line = await().until(
                            () -> Files.readAllLines(log).stream()
                                    .filter(each -> each.contains(id))
                                    .findFirst()
                                    .orElse(""),
                            found -> !found.isEmpty());
            JsonNode logged = JsonMapper.shared().readTree(line);
            assertThat(logged.get("trace_id").asString()).isEqualTo(hex(request.getTraceId()));
            assertThat(logged.get("replica").asString()).isEqualTo("gw-a");
            assertThat(logged.at("/failed_attempts/0/endpoint").asString())
                    .isEqualTo(fleet.uris().get(0).getAuthority());
            assertThat(logged.at("/failed_attempts/0/cause").asString()).isEqualTo("connect");
        }
    }

    @Test
    void anAttemptBeginsWhenTheRequestHasWaitedItsTurn() {
        try (RunningGateway gateway = RunningGateway.start(collector.settings(
                        "warmlane.endpoints=" + engine.uri(), "warmlane.queue.max-requests-per-endpoint=1"));
                Wire first = Wire.to(gateway.port());
                Wire second = Wire.to(gateway.port())) {
            first.send(request(""));
            Exchange served = engine.next();
            second.send(request(""));
            await().until(() -> gateway.queued() == 1);
            Instant turn = Instant.now();
            served.answer("200 OK\r\nContent-Type: application/json", ANSWER);
            engine.next().answer("200 OK\r\nContent-Type: application/json", ANSWER);
            assertThat(second.readMessage().status()).isEqualTo(200);

            long last = Stream.of(collector.nextAttempt(), collector.nextAttempt())
                    .mapToLong(Span::getStartTimeUnixNano)
                    .max()
                    .orElseThrow();
            assertThat(Instant.EPOCH.plusNanos(last)).isAfter(turn);
        }
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void aGatewayThatEndsGivesUpACollectorThatHangs(CapturedOutput output) {
        try (HandDrivenEngine hanging = HandDrivenEngine.start()) {
            try (RunningGateway gateway = RunningGateway.start(
                    "warmlane.endpoints=" + engine.uri(),
                    "warmlane.drain.farewell=1ms",
                    "management.tracing.sampling.probability=1.0",
                    "management.opentelemetry.tracing.export.otlp.endpoint=" + hanging.uri())) {
                assertThat(Wire.statusOf(gateway.port(), "GET /sleep HTTP/1.1\r\nHost: a\r\n\r\n"))
                        .isEqualTo(404);
            }
            assertThat(output)
                    .contains(
                            "spans: 1 not taken by the collector: java.util.concurrent.CancellationException: the gateway ends");
        }
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void aCollectorThatIsDownIsOneLineAMinute(CapturedOutput output) {
        collector.close();
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(1));
                RunningGateway gateway = RunningGateway.inFrontOf(
                        fleet,
                        collector.settings(
                                "warmlane.drain.farewell=1ms",
                                "management.opentelemetry.tracing.export.otlp.timeout=100ms"))) {
            for (int i = 0; i < 5; i++) {
                Wire.statusOf(gateway.port(), request(""));
                await().atMost(Duration.ofSeconds(30))
                        .until(() -> output.toString().contains("not taken by the collector"));
            }
        }
        assertThat(output.toString().lines())
                .filteredOn(line -> line.contains("not taken by the collector"))
                .hasSize(1);
        assertThat(output.toString()).doesNotContain("HttpExporter", "\tat ");
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
            assertThat(SpanReceiver.attributes(refused))
                    .containsEntry("http.response.status_code", 404L)
                    .containsEntry("error.type", "unknown_path");

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
