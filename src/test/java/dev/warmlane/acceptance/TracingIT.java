package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.harness.SpanReceiver;
import dev.warmlane.harness.Wire;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.info.BuildProperties;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a collector sees of requests, and what the engine sees of the trace. */
class TracingIT {
    private static final String CLIENT_SPAN_ID = "b7ad6b7169203331";
    private static final String BODY = "{\"model\":\"m\",\"prompt\":\"the launch code is 0000\"}";
    private static final String ANSWER = "{\"usage\":{\"prompt_tokens\":90,\"completion_tokens\":7,"
            + "\"prompt_tokens_details\":{\"cached_tokens\":64}}}";

    @TempDir
    private static Path directory;

    private static final SharedGateways GATEWAYS = new SharedGateways(RunningGateway::start);
    /** Of the gateway that all share; spans of one test may still come when the next has begun. */
    private static final SpanReceiver COLLECTOR = new SpanReceiver();

    private static final AtomicInteger TRACES = new AtomicInteger();

    private final HandDrivenEngine engine = HandDrivenEngine.start();
    private final String traceId = "0af7651916cd43dd%016x".formatted(TRACES.incrementAndGet());
    private final String traceparent = "00-" + traceId + "-" + CLIENT_SPAN_ID + "-01";

    @AfterEach
    void close() {
        engine.close();
    }

    @AfterAll
    static void closeAll() {
        GATEWAYS.close();
        COLLECTOR.close();
    }

    private RunningGateway traced() {
        return traced(List.of(engine.uri()));
    }

    private static RunningGateway traced(List<URI> endpoints) {
        return GATEWAYS.inFrontOf(
                endpoints.stream().map(URI::toString).toList(),
                COLLECTOR.settings(
                        "warmlane.access-log.target=" + accessLog(),
                        "warmlane.cluster.member-name=gw-a",
                        "warmlane.health.interval=1h",
                        "warmlane.queue.max-requests-per-endpoint=1"));
    }

    private static Path accessLog() {
        return directory.resolve("access.log");
    }

    private static Span next(String trace) {
        return nextOf(trace, COLLECTOR::next);
    }

    private Span nextAttempt() {
        return nextOf(traceId, COLLECTOR::nextAttempt);
    }

    private static Span nextOf(String trace, Supplier<Span> spans) {
        return Stream.generate(spans)
                .filter(span -> hex(span.getTraceId()).equals(trace))
                .findFirst()
                .orElseThrow();
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
        RunningGateway gateway = traced();
        try (Wire client = Wire.to(gateway.port())) {
            client.send(request(traceparent));
            Exchange exchange = engine.next();
            exchange.answer("200 OK\r\nContent-Type: application/json", ANSWER);
            assertThat(client.readMessage().status()).isEqualTo(200);

            Span span = next(traceId);
            assertThat(hex(span.getParentSpanId())).isEqualTo(CLIENT_SPAN_ID);
            assertThat(exchange.request().header("traceparent"))
                    .isEqualTo("00-" + traceId + "-" + hex(span.getSpanId()) + "-01");
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
            assertThat(COLLECTOR.resource())
                    .containsEntry("service.name", "warmlane")
                    .containsEntry(
                            "service.version",
                            gateway.bean(BuildProperties.class).getVersion());
        }
    }

    @Test
    void eachAttemptIsASpanAndTheAccessLogNamesTheSame() throws IOException {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2))) {
            RunningGateway gateway = traced(fleet.uris());
            fleet.server(0).close();
            Span request;
            int session = 0;
            do {
                // Whose session is placed at the endpoint that is gone, meets it first.
                String asked = request(traceparent, "{\"prompt\":\"hello\"}").replace("alice", traceId + session++);
                assertThat(Wire.statusOf(gateway.port(), asked)).isEqualTo(200);
                request = next(traceId);
            } while (SpanReceiver.attributes(request).get("warmlane.retries").equals(0L) && nextAttempt() != null);

            // They are told in any order.
            List<Span> attempts = Stream.of(nextAttempt(), nextAttempt())
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
                            () -> Files.readAllLines(accessLog()).stream()
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
        RunningGateway gateway = traced();
        try (Wire first = Wire.to(gateway.port());
                Wire second = Wire.to(gateway.port())) {
            first.send(request(traceparent));
            Exchange served = engine.next();
            second.send(request(traceparent));
            await().until(() -> gateway.queued() == 1);
            Instant turn = Instant.now();
            served.answer("200 OK\r\nContent-Type: application/json", ANSWER);
            engine.next().answer("200 OK\r\nContent-Type: application/json", ANSWER);
            assertThat(second.readMessage().status()).isEqualTo(200);

            long last = Stream.of(nextAttempt(), nextAttempt())
                    .mapToLong(Span::getStartTimeUnixNano)
                    .max()
                    .orElseThrow();
            assertThat(Instant.EPOCH.plusNanos(last)).isAfter(turn);
        }
    }

    @Test
    void aRequestWithoutATraceBeginsOne() {
        RunningGateway gateway = traced();
        try (Wire client = Wire.to(gateway.port())) {
            client.send(request(""));
            Exchange exchange = engine.next();
            exchange.answer("500 Internal Server Error", "");
            assertThat(client.readMessage().status()).isEqualTo(500);

            String passedOn = exchange.request().header("traceparent");
            Span span = next(passedOn.substring(3, 35));
            assertThat(span.getParentSpanId().isEmpty()).isTrue();
            assertThat(passedOn).startsWith("00-" + hex(span.getTraceId()) + "-" + hex(span.getSpanId()) + "-");
            assertThat(span.getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_ERROR);
        }
    }

    @Test
    void whatWasRefusedAndWhatItsClientLeftAreSpansToo() {
        RunningGateway gateway = traced();
        Wire.statusOf(gateway.port(), "GET /sleep HTTP/1.1\r\nHost: a\r\ntraceparent: " + traceparent + "\r\n\r\n");
        Span refused = next(traceId);
        assertThat(refused.getName()).isEqualTo("GET");
        assertThat(SpanReceiver.attributes(refused))
                .containsEntry("http.response.status_code", 404L)
                .containsEntry("error.type", "unknown_path");

        try (Wire leaving = Wire.to(gateway.port())) {
            leaving.send(request(traceparent));
            engine.next();
        }
        assertThat(SpanReceiver.attributes(next(traceId))).containsEntry("warmlane.result", "cancelled");
    }
}
