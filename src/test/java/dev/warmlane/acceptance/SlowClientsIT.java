package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Clients that take their time keep a connection for a while and nothing else. */
class SlowClientsIT {
    private static final int HALF_OPEN = 2_000;
    private static final String POST = "POST /v1/completions HTTP/1.1\r\nHost: g\r\nx-session-id: s\r\n";

    private static HandDrivenEngine engine;
    private static RunningGateway gateway;

    @BeforeAll
    static void start() {
        engine = HandDrivenEngine.start();
        gateway = RunningGateway.inFrontOf(
                engine,
                "warmlane.limits.header-timeout=2s",
                "warmlane.limits.body-timeout=2s",
                "warmlane.limits.idle-timeout=3s");
    }

    @AfterAll
    static void stop() {
        gateway.close();
        engine.close();
    }

    @AfterEach
    void nothingIsLeft() {
        assertThat(engine.requests()).isZero();
        await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
    }

    @Test
    void aHeadThatDripsIsAnsweredWith408() {
        try (Wire client = Wire.to(gateway.port())) {
            client.send("POST /v1/completions HTTP/1.1\r\nHost: g\r\n");
            client.send("x-more: ");
            assertTimedOut(client);
        }
    }

    @Test
    void aBodyThatDripsIsAnsweredWith408() {
        try (Wire client = Wire.to(gateway.port())) {
            client.send(POST + "Content-Length: 100\r\n\r\n{");
            client.send(" ");
            assertTimedOut(client);
        }
    }

    @Test
    void aChunkedBodyWithoutEndIsAnsweredWith408() {
        try (Wire client = Wire.to(gateway.port())) {
            client.send(POST + "Transfer-Encoding: chunked\r\n\r\n");
            client.sendChunk("{");
            assertTimedOut(client);
        }
    }

    @Test
    void aConnectionOnWhichNothingHappensIsClosed() {
        try (Wire silent = Wire.to(gateway.port());
                Wire served = Wire.to(gateway.port())) {
            served.send("GET /v1/models HTTP/1.1\r\nHost: g\r\n\r\n");
            assertThat(served.readMessage().status()).isEqualTo(200);
            assertThat(served.readUntilClosed()).isEmpty();
            assertThat(silent.readUntilClosed()).isEmpty();
        }
    }

    /** What serves HTTP/2 hands on what has come, and a read that brings nothing more follows. */
    @Test
    void aConnectionThatHasBeenServedIsIdleWhereHttp2IsSpokenToo() {
        try (RunningGateway both = RunningGateway.inFrontOf(
                        engine,
                        "server.http2.enabled=true",
                        "warmlane.limits.header-timeout=1s",
                        "warmlane.limits.idle-timeout=2s");
                Wire served = Wire.to(both.port())) {
            served.send("GET /v1/models HTTP/1.1\r\nHost: g\r\n\r\n");
            assertThat(served.readMessage().status()).isEqualTo(200);
            assertThat(served.readUntilClosed()).isEmpty();
        }
    }

    /** As a head of HTTP/1.1 that does not come to its end; the idle timeout is no limit for it. */
    @Test
    void aPrefaceThatBreaksOffIsClosedAsAHeadIs() {
        try (RunningGateway both = RunningGateway.inFrontOf(
                        engine,
                        "server.http2.enabled=true",
                        "warmlane.limits.header-timeout=1s",
                        "warmlane.limits.idle-timeout=10m");
                Wire client = Wire.to(both.port())) {
            client.send("PRI * HTTP/2.0\r\n");
            assertThat(client.readUntilClosed()).isEmpty();
        }
    }

    /** The response takes longer than any client may, and behind it waits a request that is only begun. */
    @Test
    void anAnswerMayTakeItsTimeWhateverTheClientSendsMeanwhile() {
        try (Wire client = Wire.to(gateway.port())) {
            client.send(POST + "Content-Length: 2\r\n\r\n{}");
            try (HandDrivenEngine.Exchange upstream = engine.next()) {
                client.send("POST /v1/comp");
                try (Wire silent = Wire.to(gateway.port())) {
                    silent.awaitClosed();
                }
                upstream.answer("200 OK", "late");
                assertThat(client.readMessage().text()).isEqualTo("late");
            }
            client.awaitClosed();
        }
    }

    /** The endpoint counts a stream as its load for as long as it cannot get rid of it. */
    @Test
    void whoReadsNothingOfAStreamIsCutOff() {
        try (Wire client = Wire.to(gateway.port())) {
            client.send(POST + "Content-Length: 15\r\n\r\n{\"stream\":true}");
            try (HandDrivenEngine.Exchange upstream = engine.next()) {
                upstream.begin("200 OK\r\nContent-Type: text/event-stream");
                String events = ("data: " + "x".repeat(1000) + "\n\n").repeat(64);
                assertThatThrownBy(() -> {
                            while (true) {
                                upstream.wire().sendChunk(events);
                            }
                        })
                        .isInstanceOf(UncheckedIOException.class);
            }
            assertThat(new String(client.readUntilClosed(), StandardCharsets.ISO_8859_1))
                    .startsWith("HTTP/1.1 200")
                    .doesNotContain("event: error")
                    .doesNotEndWith("0\r\n\r\n");
        }
        assertServed();
    }

    /** Requests one after the other, whose responses are more than sockets hold. */
    @Test
    void whoReadsNothingOfTheManagementPortIsCutOff() {
        try (Wire client = Wire.to(gateway.management("/").getPort())) {
            assertThatThrownBy(() -> {
                        while (true) {
                            client.send("GET /actuator/prometheus HTTP/1.1\r\nHost: localhost\r\n\r\n");
                        }
                    })
                    .isInstanceOf(UncheckedIOException.class);
        }
    }

    @Test
    void twoThousandHalfHeadsKeepNobodyFromBeingServed() {
        List<Wire> halfHeads = new ArrayList<>();
        try {
            for (int i = 0; i < HALF_OPEN; i++) {
                Wire client = Wire.to(gateway.port());
                client.send("POST /v1/completions HTTP/1.1\r\nHost: g\r\nx-slow: ");
                halfHeads.add(client);
                if (i % 100 == 0) {
                    assertServed();
                }
            }
            assertServed();
            for (Wire client : halfHeads) {
                assertTimedOut(client);
            }
        } finally {
            halfHeads.forEach(Wire::close);
        }
        assertServed();
    }

    private static void assertServed() {
        try (Wire client = Wire.to(gateway.port())) {
            client.send(POST + "Content-Length: 2\r\n\r\n{}");
            try (HandDrivenEngine.Exchange upstream = engine.next()) {
                upstream.answer("200 OK", "served");
            }
            assertThat(client.readMessage().text()).isEqualTo("served");
        }
    }

    private static void assertTimedOut(Wire client) {
        WireMessage answer = client.readMessage();
        assertThat(answer.status()).isEqualTo(408);
        assertThat(answer.header("connection")).isEqualTo("close");
        assertThat(answer.json().at("/error/code").asString()).isEqualTo("request_timeout");
        client.awaitClosed();
    }
}
