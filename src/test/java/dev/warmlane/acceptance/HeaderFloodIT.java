package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Headers are few on both sides, and altogether as long as the setting says. */
class HeaderFloodIT {
    private static HandDrivenEngine engine;
    private static HandDrivenEngine other;
    private static RunningGateway gateway;

    @BeforeAll
    static void start() {
        engine = HandDrivenEngine.start();
        other = HandDrivenEngine.start();
        gateway = RunningGateway.start("warmlane.endpoints=" + engine.uri() + "," + other.uri());
        await().untilAsserted(
                        () -> assertThat(Wire.exchange(gateway.port(), "GET /v1/models HTTP/1.1\r\nHost: g\r\n\r\n")
                                        .text())
                                .contains("\"m\""));
    }

    @AfterAll
    static void stop() {
        gateway.close();
        engine.close();
        other.close();
    }

    @AfterEach
    void nothingIsLeft() {
        assertThat(engine.requests() + other.requests()).isZero();
        await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
    }

    @Test
    void headersWithoutNumberAreRefusedAndEndTheConnection() {
        assertRefused(request(headers(6_500)));
    }

    /** With Host and Content-Length. */
    @Test
    void asManyHeadersAsThereMayBePassAndOneMoreIsRefused() {
        try (Wire client = Wire.to(gateway.port())) {
            for (int i = 0; i < 2; i++) {
                client.send(request(headers(126)));
                try (Exchange upstream = next()) {
                    assertThat(upstream.request().headers()).contains("h125: 1");
                    upstream.answer("200 OK", "{}");
                }
                assertThat(client.readMessage().status()).isEqualTo(200);
            }
        }
        assertRefused(request(headers(127)));
    }

    @Test
    void trailersCountWithTheHeaders() {
        try (Wire client = Wire.to(gateway.port())) {
            client.send(chunked(headers(100), headers(26)));
            try (Exchange upstream = next()) {
                upstream.answer("200 OK", "{}");
            }
            assertThat(client.readMessage().status()).isEqualTo(200);
        }
        assertRefused(chunked(headers(100), headers(27)));
        assertRefused(chunked("", headers(6_500)));
    }

    @Test
    void aLongHeaderOfAnEnginePasses() {
        WireMessage answer =
                exchange("HTTP/1.1 200 OK\r\nx-long: " + "a".repeat(60_000) + "\r\nContent-Length: 2\r\n\r\n{}");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("x-long")).hasSize(60_000);
    }

    @Test
    void headersOfAnEngineWithoutNumberAreAnErrorOfTheGateway() {
        assertThat(exchange("HTTP/1.1 200 OK\r\n" + headers(127) + "Content-Length: 2\r\n\r\n{}")
                        .status())
                .isEqualTo(200);
        assertFailed("too many response headers", "HTTP/1.1 200 OK\r\n" + headers(128) + "Content-Length: 2\r\n\r\n{}");
        assertFailed(
                "too many response headers", "HTTP/1.1 200 OK\r\n" + headers(6_500) + "Content-Length: 2\r\n\r\n{}");
    }

    /** The other would have had its time by now: whoever retries does it before the client has an answer. */
    @Test
    void tooLargeHeadersOfAnEngineAreAnErrorThatNoOtherIsAskedFor() {
        assertFailed(
                "response headers too large",
                "HTTP/1.1 200 OK\r\nx-long: " + "a".repeat(70_000) + "\r\nContent-Length: 2\r\n\r\n{}");
    }

    private static void assertFailed(String reason, String response) {
        WireMessage answer = exchange(response);
        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.json().at("/error/message").asString()).contains(reason);
    }

    private static void assertRefused(String request) {
        try (Wire client = Wire.to(gateway.port())) {
            client.sendUnlessClosed(request.getBytes(StandardCharsets.US_ASCII));
            WireMessage answer = client.readMessage();
            assertThat(answer.status()).isEqualTo(431);
            assertThat(answer.json().at("/error/message").asString()).contains("more than 128 headers");
            client.awaitClosed();
        }
    }

    private static WireMessage exchange(String response) {
        try (Wire client = Wire.to(gateway.port())) {
            client.send(request(""));
            try (Exchange upstream = next()) {
                upstream.wire().sendUnlessClosed(response.getBytes(StandardCharsets.US_ASCII));
                return client.readMessage();
            }
        }
    }

    /** The request, at whichever of the two it is. */
    private static Exchange next() {
        await().until(() -> engine.requests() + other.requests() == 1);
        return engine.requests() == 1 ? engine.next() : other.next();
    }

    private static String request(String headers) {
        return "POST /v1/completions HTTP/1.1\r\nHost: g\r\n" + headers + "Content-Length: 2\r\n\r\n{}";
    }

    private static String chunked(String headers, String trailers) {
        return "POST /v1/completions HTTP/1.1\r\nHost: g\r\n" + headers
                + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n" + trailers + "\r\n";
    }

    private static String headers(int count) {
        return IntStream.range(0, count).mapToObj(i -> "h" + i + ": 1\r\n").collect(Collectors.joining());
    }
}
