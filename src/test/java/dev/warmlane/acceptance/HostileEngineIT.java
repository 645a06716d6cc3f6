package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever an engine answers, the client gets one well-formed response that says nothing in the gateway's name. */
class HostileEngineIT {
    private static final String POST =
            "POST /v1/completions HTTP/1.1\r\nHost: g\r\nx-session-id: s\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";

    private static final String KEPT = POST.replace("Connection: close\r\n", "");

    private static final String STREAM =
            KEPT.replace("Content-Length: 2\r\n\r\n{}", "Content-Length: 15\r\n\r\n{\"stream\":true}");

    private static HandDrivenEngine engine;
    private static RunningGateway gateway;

    @BeforeAll
    static void start() {
        engine = HandDrivenEngine.start();
        gateway = RunningGateway.inFrontOf(
                engine,
                "warmlane.response-headers=false",
                "warmlane.usage.request=true",
                "warmlane.upstream.keep-alive=10m",
                "warmlane.retry.max-retries=0");
    }

    @AfterAll
    static void stop() {
        gateway.close();
        engine.close();
    }

    @AfterEach
    void nothingIsLeft() {
        await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nX-A: b\rX-Evil: 1\r\nContent-Length: 2\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\nX-A: b\u0000X-Evil: 1\r\nContent-Length: 2\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\nX\rX-Evil: 1\r\nContent-Length: 2\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\nX-A: b\nX-Evil: 1\r\nContent-Length: 2\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 1\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}",
                "HTTP/1.1 OK\r\n\r\n",
                "HTTP/1.1 20 OK\r\n\r\n",
                "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
                "HTTP/0.9 200 OK\r\nContent-Length: 2\r\n\r\n{}",
                "HTTP/3.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
                "RTSP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
                "ICY 200 OK\r\nContent-Length: 2\r\n\r\n{}",
                "nonsense\r\n\r\n",
                "\u0016\u0003\u0001",
                ""
            })
    void whatIsNotHttpBecomesAnErrorOfTheGateway(String answer) {
        String seen = exchange(answer);
        assertThat(seen).startsWith("HTTP/1.1 502 ").contains("upstream_failed").doesNotContainIgnoringCase("x-evil");
        assertThat(seen.split("HTTP/1.1", -1)).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 100 Continue\r\n\r\n",
                "HTTP/1.1 102 Processing\r\n\r\n",
                "HTTP/1.1 103 Early Hints\r\nX-Evil: 1\r\n\r\n",
                "HTTP/1.1 199 X\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"
            })
    void interimAnswersAreLeftOut(String interim) {
        String seen = exchange(interim + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        assertThat(seen).startsWith("HTTP/1.1 200 ").endsWith("{}").doesNotContainIgnoringCase("x-evil");
        assertThat(seen.split("HTTP/1.1", -1)).hasSize(2);
    }

    @Test
    void interimAnswersWithoutEndAreAnError() {
        assertThat(exchange("HTTP/1.1 102 Processing\r\n\r\n".repeat(16)
                        + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))
                .startsWith("HTTP/1.1 200 ");
        try (Wire client = Wire.to(gateway.port())) {
            client.send(POST);
            try (Exchange upstream = engine.next()) {
                upstream.wire().send("HTTP/1.1 102 Processing\r\n\r\n".repeat(17));
                // The engine has not ended: the gateway has.
                assertThat(new String(client.readUntilClosed(), StandardCharsets.ISO_8859_1))
                        .startsWith("HTTP/1.1 502 ")
                        .contains("too many interim responses");
                upstream.wire().awaitClosed();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "00", "20", "099", "600", "999", "1000", "2000", "99999"})
    void aStatusThatIsNoneIsAnError(String status) {
        assertThat(exchange("HTTP/1.1 " + status + " X\r\nContent-Length: 2\r\n\r\n{}"))
                .startsWith("HTTP/1.1 502 ")
                .contains("HTTP status " + Integer.parseInt(status));
    }

    @ParameterizedTest
    @ValueSource(strings = {"200", "299", "418", "499", "599"})
    void anyOtherStatusPasses(String status) {
        assertThat(exchange("HTTP/1.1 " + status + " X\r\nContent-Length: 2\r\n\r\n{}"))
                .startsWith("HTTP/1.1 " + status + " ")
                .endsWith("{}");
    }

    @Test
    void anUpgradeThatNobodyAskedForIsAnError() {
        assertThat(exchange("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nxx"))
                .startsWith("HTTP/1.1 502 ");
    }

    /** With the first response, or when its connection is idle again. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anAnswerThatNobodyAskedForIsNotTheNextOnes(boolean atOnce) {
        String own = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nown";
        String unasked = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nunasked";
        try (Wire first = Wire.to(gateway.port());
                Wire second = Wire.to(gateway.port())) {
            first.send(POST);
            try (Exchange upstream = engine.next()) {
                upstream.wire().send(atOnce ? own + unasked : own);
                assertThat(new String(first.readUntilClosed(), StandardCharsets.US_ASCII))
                        .endsWith("own");
                if (!atOnce) {
                    upstream.wire().send(unasked);
                }
                upstream.wire().awaitClosed();
                second.send(POST);
                try (Exchange next = engine.next()) {
                    next.answer("200 OK", "next");
                }
                assertThat(new String(second.readUntilClosed(), StandardCharsets.US_ASCII))
                        .endsWith("next");
            }
        }
    }

    @Test
    void whatIsLeftOfAnAnswerSpoilsNoOther() {
        // On one connection of the client, so that both requests have one event loop, and with it the same upstream
        // connections.
        try (Wire client = Wire.to(gateway.port())) {
            client.send(KEPT);
            try (Exchange upstream = engine.next()) {
                upstream.wire().send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nown, and more");
                assertThat(client.readMessage().text()).isEqualTo("own");
                client.send(KEPT);
                upstream.wire().readMessage();
                upstream.wire().send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nmisread");
                try (Exchange again = engine.next()) {
                    again.answer("200 OK", "next");
                }
                assertThat(client.readMessage().text()).isEqualTo("next");
            }
        }
    }

    @Test
    void headersThatNeverEndBecomeAnErrorOfTheGateway() {
        assertThat(exchange("HTTP/1.1 200 OK\r\n" + "X-A: b\r\n".repeat(20_000)))
                .startsWith("HTTP/1.1 502 ");
    }

    @Test
    void whatFollowsAnAnswerIsNoOtherAnswer() {
        String seen = exchange("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\nX-Evil: 1\r\n\r\n");
        assertThat(seen).startsWith("HTTP/1.1 200 ").endsWith("{}").doesNotContainIgnoringCase("x-evil");
    }

    @Test
    void noEngineSpeaksForTheGatewayOrItsConnections() {
        String seen = exchange("HTTP/1.1 200 OK\r\nX-Warmlane-Endpoint: evil\r\nx-warmlane-other: evil\r\n"
                + "Connection: close, X-Named\r\nX-Named: evil\r\nKeep-Alive: timeout=evil\r\nUpgrade: evil\r\n"
                + "Proxy-Authenticate: evil\r\nX-Plain: kept\r\nContent-Length: 2\r\n\r\n{}");
        assertThat(seen).startsWith("HTTP/1.1 200 ").contains("X-Plain: kept").doesNotContain("evil");
    }

    /** The gateway takes out the usage chunk, which its client has not asked for. */
    @ParameterizedTest
    @ValueSource(ints = {1, 80_000})
    void aStreamOfEventsMayBecomeShorterThanItsEngineHasSaid(int text) {
        String token = "data: {\"choices\":[{\"text\":\"%s\"}]}\n\n".formatted("x".repeat(text));
        String end = "data: [DONE]\n\n";
        String said = token + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\n" + end;
        try (Wire client = Wire.to(gateway.port())) {
            client.send(STREAM);
            try (Exchange upstream = engine.next()) {
                upstream.answer("200 OK\r\nContent-Type: text/event-stream", said);
            }
            assertThat(client.readMessage().text()).isEqualTo(token + end);
        }
    }

    /** The gateway tells of it in an event of its own. */
    @Test
    void aStreamOfEventsThatBreaksOffMayBecomeLongerThanItsEngineHasSaid() {
        String token = "data: {\"choices\":[{\"text\":\"%s\"}]}\n\n".formatted("x".repeat(80_000));
        try (Wire client = Wire.to(gateway.port())) {
            client.send(STREAM);
            try (Exchange upstream = engine.next()) {
                upstream.wire()
                        .send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: "
                                + (token.length() + 1) + "\r\n\r\n" + token);
            }
            assertThat(client.readMessage().text()).startsWith(token).contains("upstream_failed");
        }
    }

    /** Nothing in it can be read, so nothing is waited for. */
    @Test
    void aCompressedStreamOfEventsPassesAsItComes() {
        try (Wire client = Wire.to(gateway.port())) {
            client.send(STREAM);
            try (Exchange upstream = engine.next()) {
                upstream.begin("200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip");
                upstream.wire().sendChunk("compressed");
                assertThat(client.readHead().header("content-encoding")).isEqualTo("gzip");
                assertThat(client.readChunkText()).isEqualTo("compressed");
                upstream.wire().sendLastChunk();
            }
        }
    }

    private static String exchange(String answer) {
        try (Wire client = Wire.to(gateway.port())) {
            client.send(POST);
            try (Exchange upstream = engine.next()) {
                upstream.wire().send(answer.getBytes(StandardCharsets.ISO_8859_1));
            }
            return new String(client.readUntilClosed(), StandardCharsets.ISO_8859_1);
        }
    }
}
