package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.MalformedInput;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Malformed input is answered by one error or none, ends its connection, and hides no other request. */
class MalformedInputIT {
    private static final String MODELS = "GET /v1/models HTTP/1.1\r\nHost: g\r\n\r\n";
    private static final String SMUGGLED =
            "POST /v1/completions HTTP/1.1\r\nHost: g\r\nx-session-id: smuggled\r\nContent-Length: 2\r\n\r\n{}";
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.1 (\\d{3}) ");

    private static HandDrivenEngine engine;
    /** Gives up soon what does not come to its end, of which there is much; a busy machine may send well-formed requests as slowly. */
    private static RunningGateway impatient;

    private static RunningGateway gateway;

    static List<MalformedInput> rows() {
        return MalformedInput.rows();
    }

    @BeforeAll
    static void start() {
        engine = HandDrivenEngine.start();
        gateway = RunningGateway.inFrontOf(engine);
        impatient = RunningGateway.inFrontOf(
                engine,
                "warmlane.limits.header-timeout=300ms",
                "warmlane.limits.body-timeout=300ms",
                "warmlane.limits.idle-timeout=1s",
                "warmlane.affinity.client-ip.shared-networks=127.0.0.0/8");
    }

    @AfterAll
    static void stop() {
        gateway.close();
        impatient.close();
        engine.close();
    }

    @ParameterizedTest
    @MethodSource("rows")
    void isRefusedAndNothingIsServedAfterIt(MalformedInput input) {
        int before = engine.requests();
        try (Wire client = Wire.to(impatient.port())) {
            client.sendUnlessClosed(input.wire());
            client.sendUnlessClosed(SMUGGLED.getBytes(StandardCharsets.US_ASCII));
            String answers = new String(client.readUntilClosed(), StandardCharsets.ISO_8859_1);
            List<Integer> statuses = STATUS.matcher(answers)
                    .results()
                    .map((MatchResult result) -> Integer.valueOf(result.group(1)))
                    .toList();
            assertThat(statuses).as(answers).hasSizeLessThanOrEqualTo(1).allMatch(status -> status / 100 == 4);
        }
        assertThat(engine.requests()).as("requests at the engine").isEqualTo(before);
        await().until(() -> Wire.statusOf(impatient.port(), MODELS) == 200);
    }

    /** What RFC 9112 has servers take, odd as it looks. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\r\nGET /v1/models HTTP/1.1\r\nHost: g\r\n\r\n",
                "\r\n\r\nGET /v1/models HTTP/1.1\r\nHost: g\r\n\r\n",
                "GET /v1/models HTTP/1.0\r\n\r\n",
                "GET http://g/v1/models HTTP/1.1\r\nHost: g\r\n\r\n",
                "GET HTTPS://G:8/v1/models HTTP/1.1\r\nHost: g:8\r\n\r\n",
                "GET http://[::1]/v1/models HTTP/1.0\r\n\r\n",
                "GET /v1/models?a=b/?c=%20&d HTTP/1.1\r\nHost:g\r\n\r\n",
                "GET /v1/models HTTP/1.1\r\nhost: \t g \t \r\nX-A:\r\nX-\u007c~: \u00e9\r\n\r\n",
                "GET /v1/models HTTP/1.1\r\nHost: g\r\nContent-Length: 0\r\n\r\n",
                "GET /v1/models HTTP/1.1\r\nHost: g\r\nContent-Length: 3\r\n\r\nabc",
                "GET /v1/models HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "GET /v1/models HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "A\r\n0123456789\r\n000000000000000a\r\n0123456789\r\n0000000000000000\r\nX-A: b\r\nX-C:\r\n\r\n",
                "GET /v1/models HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "1;a\r\nx\r\n1;a=b;c=\"d \\\";e\"\r\nx\r\n1 ; a = b\r\nx\r\n0;a\r\n\r\n"
            })
    void whatIsOddAndWellFormedIsServed(String request) {
        try (Wire client = Wire.to(gateway.port())) {
            client.send(request.getBytes(StandardCharsets.ISO_8859_1));
            assertThat(client.readMessage().status()).isEqualTo(200);
            if (request.contains("HTTP/1.1")) {
                client.send(MODELS);
                assertThat(client.readMessage().status()).isEqualTo(200);
            }
        }
    }

    /** Each byte in a read of its own. */
    @Test
    void readsNoDifferentlyWhatComesInPieces() {
        for (String body : List.of("2;a=\"b\"\r\n{}\r\n0\r\nX-A: b\r\n\r\n", "2;a=\"b\r\n{}\r\n0\r\n\r\n")) {
            boolean wellFormed = !body.contains("\"b\r");
            try (Wire client = Wire.to(gateway.port())) {
                String request =
                        "\r\nPOST /v1/completions HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
                for (byte piece : request.getBytes(StandardCharsets.US_ASCII)) {
                    client.sendUnlessClosed(new byte[] {piece});
                }
                if (wellFormed) {
                    try (HandDrivenEngine.Exchange upstream = engine.next()) {
                        upstream.answer("200 OK", "{}");
                    }
                }
                assertThat(client.readMessage().status()).isEqualTo(wellFormed ? 200 : 400);
            }
        }
    }

    @Test
    void theTableIsLongEnough() {
        assertThat(rows()).hasSizeGreaterThanOrEqualTo(260);
        assertThat(rows()).extracting(MalformedInput::what).doesNotHaveDuplicates();
    }
}
