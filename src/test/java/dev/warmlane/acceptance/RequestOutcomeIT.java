package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.Wire;
import dev.warmlane.metrics.RequestMeter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** However a request ends, its metric, its line in the access log and its span say the same. */
class RequestOutcomeIT extends ObservedRequests {
    private final HandDrivenEngine other = HandDrivenEngine.start();

    @AfterAll
    void closeOther() {
        other.close();
    }

    @Test
    void servedWholeOrStreamed() {
        start();
        Wire client = send(PROMPT);
        engine.next().answer("200 OK\r\nContent-Type: application/json", "{}");
        assertStatus(client, 200);
        reports.assertLast("default", "2xx", 200);

        client = send(PROMPT);
        try (Exchange exchange = engine.next()) {
            exchange.begin(STREAM);
            exchange.wire().sendChunk(TOKEN);
            exchange.wire().sendChunk(DONE);
            exchange.wire().sendLastChunk();
            assertStatus(client, 200);
        }
        reports.assertLast("default", "2xx", 200);
    }

    /** Whatever an engine says of it. */
    @ParameterizedTest
    @ValueSource(strings = {";;;", "a", "text/event-stream;;=", "*/*"})
    void servedWithATypeThatIsNone(String type) {
        start();
        Wire client = send(PROMPT);
        engine.next().answer("200 OK\r\nContent-Type: " + type, "{}");
        assertStatus(client, 200);
        reports.assertLast("default", "2xx", 200);
    }

    @ParameterizedTest
    @ValueSource(ints = {302, 400, 429, 500, 503})
    void passedOnFromTheEngine(int status) {
        start();
        Wire client = send(PROMPT);
        engine.next().answer(status + " Whatever", "{\"error\":{}}");
        assertStatus(client, status);
        reports.assertLast("default", status / 100 + "xx", status);
    }

    @ParameterizedTest
    @CsvSource({
        "POST,204 No Content%%",
        "POST,304 Not Modified%%",
        "POST,200 OK%Transfer-Encoding: chunked%%0%%",
        "POST,200 OK%Content-Type: text/event-stream%Transfer-Encoding: chunked%%0%%",
        "HEAD,200 OK%Transfer-Encoding: chunked%%",
        "HEAD,200 OK%Content-Length: 100000%%"
    })
    void servedOnAConnectionThatClosesThen(String method, String response) {
        start();
        String body = method.equals("HEAD") ? "" : PROMPT;
        Wire client = Wire.to(gateway.port());
        client.send(method + " /v1/completions HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + reports.headers()
                + "Content-Length: " + body.length() + "\r\n\r\n" + body);
        try (Exchange exchange = engine.next()) {
            exchange.wire().send("HTTP/1.1 " + response.replace("%", "\r\n"));
            int status = Integer.parseInt(response.substring(0, 3));
            try (client) {
                assertThat(client.readHead().status()).isEqualTo(status);
                client.awaitClosed();
            }
            reports.assertLast("default", status / 100 + "xx", status);
        }
    }

    @Test
    void failedBeforeItsFirstByte() {
        start("warmlane.upstream.response-timeout=2s");
        Wire client = send(PROMPT);
        engine.next().close();
        assertStatus(client, 502);
        reports.assertLast("default", "5xx", 502);

        client = send(PROMPT);
        try (Exchange silent = engine.next()) {
            assertStatus(client, 504);
            reports.assertLast("default", "5xx", 504);
        }

        gateway.router().pool().replace(List.of());
        assertStatus(send(PROMPT), 503);
        reports.assertLast("default", "5xx", 503);
    }

    @Test
    void failedWhereTheBodyOfAnErrorDoesNotCome() {
        failsInTime(exchange -> exchange.wire().send("HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n"));
    }

    @Test
    void failedWhereAWholeResponseDrips() {
        failsInTime(exchange -> exchange.drip("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n"));
    }

    private void failsInTime(Consumer<Exchange> answer) {
        startWithTwoEngines();
        Wire client = send(PROMPT);
        try (Exchange exchange = next()) {
            answer.accept(exchange);
            assertStatus(client, 504);
        }
        reports.assertLast("default", "5xx", 504);
        reports.assertError("upstream_timeout");
    }

    @Test
    void servedByAnotherWhereTheBodyOfARefusalDrips() {
        startWithTwoEngines();
        Wire client = send(PROMPT);
        try (Exchange refused = next()) {
            refused.drip("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 60000\r\n\r\n");
            next().answer("200 OK", "{}");
            assertStatus(client, 200);
        }
        reports.assertLast("default", "2xx", 200);
    }

    /** What the endpoint before had begun to send says nothing of this response. */
    @Test
    void refusedByAnotherAfterAStreamWithoutAToken() {
        startWithTwoEngines();
        long timed = timedByModel();
        try (Wire client = send("/v1/completions", PROMPT, "Connection: close\r\n")) {
            try (Exchange aborted = next()) {
                aborted.begin(STREAM);
                aborted.wire().sendChunk("data: {\"choices\":[{\"text\":\"\",\"finish_reason\":\"abort\"}]}\n\n");
                next().answer("400 Bad Request", "{}");
            }
            assertThat(client.readMessage().status()).isEqualTo(400);
            client.awaitClosed();
        }
        reports.assertLast("default", "4xx", 400);
        assertThat(timedByModel()).isEqualTo(timed);
    }

    private long timedByModel() {
        return gateway.bean(MeterRegistry.class).find(RequestMeter.MODEL_TTFT.meterName()).timers().stream()
                .mapToLong(Timer::count)
                .sum();
    }

    private void startWithTwoEngines() {
        startImpatient(List.of(engine, other));
    }

    /** Beside vLLM's path it has one that is not. */
    private void startImpatient(List<HandDrivenEngine> engines) {
        String routes = "spring.cloud.gateway.server.webflux.routes";
        startInFrontOf(
                engines,
                "warmlane.upstream.refusal-timeout=100ms",
                "warmlane.upstream.idle-timeout=1s",
                routes + "[0].id=plain",
                routes + "[0].uri=" + engine.uri(),
                routes + "[0].predicates[0]=Path=/plain",
                routes + "[1].id=completions",
                routes + "[1].uri=vllm://by-model",
                routes + "[1].predicates[0]=Path=/v1/completions");
    }

    private Exchange next() {
        return await().until(
                        () -> {
                            Exchange exchange = engine.poll();
                            return exchange == null ? other.poll() : exchange;
                        },
                        Objects::nonNull);
    }

    @Test
    void leftBeforeItsHeaders() {
        start();
        Wire client = send(PROMPT);
        try (Exchange exchange = engine.next()) {
            client.close();
            exchange.wire().awaitClosed();
            reports.assertLast("default", "cancelled", null);
        }
    }

    @Test
    void leftWithItsBodyHalfSent() {
        start();
        try (Wire client = Wire.to(gateway.port())) {
            client.send("POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                    + reports.headers() + "Content-Length: 100\r\n\r\n{\"mod");
        }
        reports.assertLast("none", "cancelled", null);
    }

    @Test
    void resetWithItsBodyHalfSent() {
        start();
        Wire client = Wire.to(gateway.port());
        client.send("POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                + "Expect: 100-continue\r\n" + reports.headers() + "Content-Length: 100\r\n\r\n");
        // From here on the body is waited for.
        assertThat(client.readHead().status()).isEqualTo(100);
        client.reset();
        reports.assertLast("none", "cancelled", null);
    }

    @Test
    void anUpstreamOfAPlainRouteThatResetsIsNoClientThatLeaves() {
        startImpatient(List.of(engine));
        Wire client = send("/plain", "{}", "");
        try (Exchange exchange = engine.next()) {
            exchange.wire().reset();
            assertStatus(client, 502);
        }
        reports.assertLast("none", "5xx", 502);
    }
}
