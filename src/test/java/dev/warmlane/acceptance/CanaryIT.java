package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/**
 * Texts that must not come out again, put wherever a client can put them, on requests that succeed and on requests that fail
 * in every way; then looked for in whatever the gateway says of itself.
 */
@ExtendWith(OutputCaptureExtension.class)
class CanaryIT {
    private static final String CANARY = "canary";
    private static final String KEY = "canary-key-known";
    /** For one request a minute. */
    private static final String RARE = "canary-key-rare";

    private static final String BODY =
            "{\"model\":\"m\",\"user\":\"canary-user\",\"messages\":[{\"role\":\"user\",\"content\":\"canary-prompt\"}]}";

    @TempDir
    private static Path folder;

    private static HandDrivenEngine engine;
    private static RunningGateway gateway;

    private final ChatClient client = new ChatClient();

    @BeforeAll
    static void start() throws IOException {
        engine = HandDrivenEngine.start();
        List<String> settings = new ArrayList<>(List.of(HashedKeys.settings(
                folder, HashedKeys.entry("team", KEY, ""), HashedKeys.entry("rare", RARE, "requests-per-minute: 1"))));
        settings.add("warmlane.endpoints=" + engine.uri());
        settings.add("warmlane.access-log.target=stdout");
        settings.add("warmlane.retry.max-retries=0");
        settings.add("warmlane.limits.body=64KB");
        settings.add("management.endpoints.web.exposure.include=*");
        gateway = RunningGateway.start(settings.toArray(new String[0]));
    }

    @AfterAll
    static void stop() {
        engine.close();
    }

    @Test
    void nothingThatAClientSaysComesOutAgain(CapturedOutput output) {
        served();
        brokenOff();
        lost();
        assertThat(refused(KEY, "/v1/chat/completions", "{\"canary-json\"")).isEqualTo(400);
        assertThat(refused(KEY, "/v1/chat/completions", "canary".repeat(20_000)))
                .isEqualTo(413);
        assertThat(refused(KEY, "/canary-path", BODY)).isEqualTo(404);
        assertThat(refused(KEY, "/%63anary-path", BODY)).isEqualTo(404);
        assertThat(refused(KEY, "/v1/responses/canary-response", BODY)).isEqualTo(404);
        assertThat(refused(RARE, "/canary-path", BODY)).isEqualTo(404);
        assertThat(refused(RARE, "/v1/chat/completions", BODY))
                .as("past its minute")
                .isEqualTo(429);
        assertThat(refused("canary-key-unknown", "/v1/chat/completions", BODY)).isEqualTo(401);
        assertThat(refused("canary.token.unknown", "/v1/chat/completions", BODY))
                .isEqualTo(401);

        for (String path :
                List.of("", "/vllm", "/affinity", "/decisions", "/prometheus", "/health", "/info", "/metrics")) {
            assertThat(client.get(gateway.management("/actuator" + path)).body())
                    .as(path)
                    .isNotEmpty()
                    .doesNotContain(CANARY);
        }
        // Closed here, so that the last lines are out.
        gateway.close();
        assertThat(output.getAll())
                .contains("\"client\":\"team\"", "\"status\":429")
                .doesNotContain(CANARY);
    }

    private static void served() {
        try (Wire wire = send(KEY, "/v1/chat/completions?canary-query=canary-value", BODY)) {
            engine.next().answer("200 OK", "{\"text\":\"canary-answer\"}");
            assertThat(wire.readHead().status()).isEqualTo(200);
        }
    }

    /** A stream that ends in the middle. */
    private static void brokenOff() {
        try (Wire wire = send(KEY, "/v1/chat/completions", BODY)) {
            HandDrivenEngine.Exchange exchange = engine.next();
            exchange.begin("200 OK\r\nContent-Type: text/event-stream");
            exchange.wire().sendChunk("data: canary-event\n\n");
            assertThat(wire.readHead().status()).isEqualTo(200);
            assertThat(wire.readChunkText()).contains("canary-event");
            exchange.close();
            wire.awaitClosed();
        }
    }

    /** An engine that takes the request and is gone. */
    private static void lost() {
        try (Wire wire = send(KEY, "/v1/chat/completions", BODY)) {
            engine.next().close();
            assertThat(wire.readHead().status()).isEqualTo(502);
        }
    }

    private static int refused(String key, String path, String body) {
        try (Wire wire = send(key, path, body)) {
            return wire.readHead().status();
        }
    }

    private static Wire send(String key, String path, String body) {
        Wire wire = Wire.to(gateway.port());
        wire.send("""
                POST %s HTTP/1.1\r
                Host: canary-host\r
                Authorization: Bearer %s\r
                x-session-id: canary-session\r
                X-Canary-Header: canary-value\r
                X-Forwarded-For: 203.0.113.9, canary-address\r
                Cookie: session_id=canary-cookie\r
                Content-Type: application/json\r
                Connection: close\r
                Content-Length: %d\r
                \r
                %s""".formatted(path, key, body.length(), body));
        return wire;
    }
}
