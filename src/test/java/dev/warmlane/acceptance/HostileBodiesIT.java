package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.affinity.Bindings;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bodies that are well within their limit and made to hurt whoever parses them, and keys made to hurt whoever keeps them. */
class HostileBodiesIT {
    private static final int HUGE = 20_000_000;

    private static HandDrivenEngine engine;
    private static RunningGateway gateway;

    @BeforeAll
    static void start() {
        engine = HandDrivenEngine.start();
        gateway = RunningGateway.inFrontOf(
                engine, "warmlane.affinity.max-entries=100", "warmlane.affinity.client-ip.shared-networks=127.0.0.0/8");
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

    static List<Body> refused() {
        return List.of(
                new Body("deep arrays", "{\"messages\":" + "[".repeat(100_000)),
                new Body("deep objects", "{\"a\":".repeat(100_000)),
                new Body("deep and closed", "{\"tools\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}"),
                new Body("an endless number", "{\"max_tokens\":" + "1".repeat(HUGE) + "}"),
                new Body("an endless fraction", "{\"temperature\":0." + "1".repeat(HUGE) + "}"),
                new Body("an endless exponent", "{\"temperature\":1e" + "1".repeat(HUGE) + "}"),
                new Body("a string without end", "{\"prompt\":\"" + "a".repeat(HUGE)),
                new Body("a string of escapes without end", "{\"prompt\":\"" + "\\\"".repeat(HUGE / 2)),
                new Body("a key without end", "{\"" + "a".repeat(HUGE)),
                new Body("white space without end", "{" + " ".repeat(HUGE)));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void whatIsNoJsonIsRefusedHoweverLargeItIs(Body body) {
        WireMessage answer = post("", body.text);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().at("/error/code").asString()).isEqualTo("invalid_json");
    }

    static List<Body> served() {
        return List.of(
                new Body("a million members", "{" + "\"a\":1,".repeat(1_000_000) + "\"prompt\":\"hello\"}"),
                new Body("a million prompts", "{" + "\"prompt\":\"hello\",".repeat(1_000_000) + "\"a\":1}"),
                new Body("a million messages", "{\"messages\":[" + "{},".repeat(1_000_000) + "{}]}"),
                new Body("a million token ids", "{\"prompt\":[" + "1,".repeat(1_000_000) + "1]}"),
                new Body(
                        "a hundred thousand images",
                        "{\"messages\":[{\"content\":[" + "{\"image_url\":\"a\"},".repeat(100_000) + "{}]}]}"),
                new Body("one long word", "{\"prompt\":\"" + "a".repeat(HUGE) + "\"}"),
                new Body("white space", "{\"prompt\":" + " ".repeat(HUGE) + "[\"hello\"]}"));
    }

    @ParameterizedTest
    @MethodSource("served")
    void whatIsJsonIsForTheEngineToJudge(Body body) {
        assertThat(postToEngine("", body.text).status()).isEqualTo(200);
    }

    @Test
    void aModelsNameIsNotSentBackWholeHoweverLongItIs() {
        WireMessage answer = post("", "{\"model\":\"" + "m".repeat(HUGE) + "\",\"messages\":[]}");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body()).hasSizeLessThan(1_000);
    }

    @Test
    void aSessionOfSixtyKilobytesIsAKeyLikeAnyOther() {
        String session = "s".repeat(60_000);
        assertThat(postToEngine("x-session-id: " + session + "\r\n", "{}").header("x-warmlane-affinity"))
                .startsWith("session;placed");
        assertThat(postToEngine("x-session-id: " + session + "\r\n", "{}").header("x-warmlane-affinity"))
                .startsWith("session;bound");
    }

    @Test
    void sessionsWithoutNumberTakeNoMoreThanTheTableHas() {
        Bindings table = gateway.bean(Bindings.class);
        for (int i = 0; i < 300; i++) {
            assertThat(postToEngine("x-session-id: flood " + i + "\r\n", "{}").status())
                    .isEqualTo(200);
        }
        assertThat(table.size()).isLessThanOrEqualTo(100);
        assertThat(table.evictions()).isGreaterThanOrEqualTo(200);
    }

    @Test
    void cookiesWithoutNumberAreReadOnce() {
        String cookies = IntStream.range(0, 5_000).mapToObj(i -> "c" + i + "=1").collect(Collectors.joining("; "));
        assertThat(postToEngine("Cookie: " + cookies + "\r\n", "{}").status()).isEqualTo(200);
    }

    @Test
    void anIdOfARequestThatIsNoneIsReplaced() {
        WireMessage answer = postToEngine("x-request-id: " + "i".repeat(10_000) + "\r\n", "{}");
        assertThat(answer.header("x-request-id")).hasSize(32);
    }

    private static WireMessage post(String headers, String body) {
        return Wire.exchange(gateway.port(), request(headers, body));
    }

    private static WireMessage postToEngine(String headers, String body) {
        try (Wire client = Wire.to(gateway.port())) {
            client.send(request(headers, body));
            try (Exchange upstream = engine.next()) {
                assertThat(upstream.request().body()).hasSize(body.length());
                upstream.answer("200 OK", "{}");
            }
            return client.readMessage();
        }
    }

    private static String request(String headers, String body) {
        return "POST /v1/completions HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\n" + headers
                + "Content-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private record Body(String what, String text) {
        @Override
        public String toString() {
            return what;
        }
    }
}
