package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

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

/** Malformed input is answered by one error or none, ends its connection, and hides no other request. */
class MalformedInputIT {
    private static final String MODELS = "GET /v1/models HTTP/1.1\r\nHost: g\r\n\r\n";
    private static final String SMUGGLED =
            "POST /v1/completions HTTP/1.1\r\nHost: g\r\nx-session-id: smuggled\r\nContent-Length: 2\r\n\r\n{}";
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.1 (\\d{3}) ");

    private static HandDrivenEngine engine;
    private static RunningGateway gateway;

    static List<MalformedInput> rows() {
        return MalformedInput.rows();
    }

    @BeforeAll
    static void start() {
        engine = HandDrivenEngine.start();
        gateway = RunningGateway.inFrontOf(
                engine,
                "warmlane.limits.header-timeout=300ms",
                "warmlane.limits.body-timeout=300ms",
                "warmlane.limits.idle-timeout=1s",
                "warmlane.affinity.client-ip.shared-networks=127.0.0.0/8");
    }

    @AfterAll
    static void stop() {
        gateway.close();
        engine.close();
    }

    @ParameterizedTest
    @MethodSource("rows")
    void isRefusedAndNothingIsServedAfterIt(MalformedInput input) {
        int before = engine.requests();
        try (Wire client = Wire.to(gateway.port())) {
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
        assertThat(Wire.exchange(gateway.port(), MODELS).status()).isEqualTo(200);
    }

    @Test
    void theTableIsLongEnough() {
        assertThat(rows()).hasSizeGreaterThan(120);
        assertThat(rows()).extracting(MalformedInput::what).doesNotHaveDuplicates();
    }
}
