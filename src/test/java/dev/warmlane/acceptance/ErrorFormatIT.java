package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Clients of each API get the gateway's errors in the format of that API, before a response and in the middle of a stream. */
class ErrorFormatIT {
    private static final String BODY = "{\"model\":\"m\",\"stream\":true,\"messages\":[]}";
    private static final String TOKEN =
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"Hi\"}}\n\n";

    @TempDir
    private static Path folder;

    private static HandDrivenEngine engine;
    private static RunningGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        Path keys = Files.writeString(
                folder.resolve("keys.yaml"),
                HashedKeys.file(List.of(
                        HashedKeys.entry("all", "key-all", ""),
                        HashedKeys.entry("other", "key-other", "models: [gone]"),
                        HashedKeys.entry("one-a-minute", "key-one", "requests-per-minute: 1"))));
        engine = HandDrivenEngine.start();
        gateway = RunningGateway.start(
                "warmlane.endpoints=" + engine.uri(),
                "warmlane.retry.max-retries=0",
                "warmlane.limits.body=1KB",
                "warmlane.auth.keys-file=" + keys);
        await().until(() -> gateway.bean(ServedModels.class).catalog().models().contains("m"));
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
    @CsvSource({
        "/v1/messages, unknown, m, 0, 401, authentication_error",
        "/v1/messages/count_tokens, unknown, m, 0, 401, authentication_error",
        "/v1/messages, key-all, gone, 0, 404, not_found_error",
        "/v1/messages/count_tokens, key-all, gone, 0, 404, not_found_error",
        "/v1/messages/batches, key-all, m, 0, 404, not_found_error",
        "/v1/messages, key-other, m, 0, 403, permission_error",
        "/v1/messages, key-all, m, 2000, 413, request_too_large",
        "/v1/messages/count_tokens, key-all, m, 2000, 413, request_too_large"
    })
    void anthropics(String path, String key, String model, int padding, int status, String type) {
        WireMessage response = exchange(path, key, "{\"model\":\"" + model + "\"}" + " ".repeat(padding));

        assertThat(response.status()).isEqualTo(status);
        assertAnthropic(response.json(), type);
        assertThat(response.json().path("request_id").asString()).isEqualTo(response.header("x-request-id"));
    }

    @Test
    void anthropicsForWhoAsksTooOftenOrIsNotUnderstood() {
        String nowhere = "{\"model\":\"gone\"}";
        assertThat(exchange("/v1/messages", "key-one", nowhere).status()).isEqualTo(404);
        WireMessage refused = exchange("/v1/messages", "key-one", nowhere);
        assertThat(refused.status()).isEqualTo(429);
        assertAnthropic(refused.json(), "rate_limit_error");
        WireMessage malformed = Wire.exchange(
                gateway.port(),
                "POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
        assertThat(malformed.status()).isEqualTo(400);
        assertAnthropic(malformed.json(), "invalid_request_error");
    }

    @Test
    void anthropicsWhereTheEngineFails() {
        try (Wire client = send("/v1/messages", "key-all", BODY)) {
            engine.next().close();
            WireMessage response = client.readMessage();
            assertThat(response.status()).isEqualTo(502);
            assertAnthropic(response.json(), "api_error");
        }
    }

    @Test
    void coheres() {
        WireMessage refused = exchange("/cohere/v2/chat", "unknown", BODY);
        assertThat(refused.status()).isEqualTo(401);
        assertThat(refused.json().propertyNames()).containsExactly("message");
        WireMessage unknown = exchange("/cohere/v2/chat", "key-all", "{\"model\":\"gone\"}");
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.json().propertyNames()).containsExactly("message");
    }

    @Test
    void openAisEverywhereElse() {
        WireMessage refused = exchange("/v1/chat/completions", "unknown", BODY);
        assertThat(refused.json().path("error").propertyNames()).containsExactly("message", "type", "param", "code");
        assertThat(refused.json().propertyNames()).containsExactly("error");
    }

    @Test
    void aMessageThatBreaksOffEndsInAnErrorEvent() {
        String event = broken("/v1/messages");
        assertThat(event).startsWith("\n\nevent: error\ndata: {").endsWith("}\n\n");
        assertAnthropic(data(event), "api_error");
    }

    @Test
    void aChatOfCohereThatBreaksOffEndsInAnError() {
        String event = broken("/cohere/v2/chat");
        assertThat(event).startsWith("\n\nevent: message-end\ndata: {").endsWith("}\n\n");
        assertThat(data(event).path("type").asString()).isEqualTo("message-end");
        assertThat(data(event).path("delta").path("finish_reason").asString()).isEqualTo("ERROR");
        assertThat(data(event).path("delta").path("error").asString()).isNotEmpty();
    }

    /** What the client of a stream gets after its engine has gone. */
    private static String broken(String path) {
        try (Wire client = send(path, "key-all", BODY)) {
            try (Exchange exchange = engine.next()) {
                exchange.begin("200 OK\r\nContent-Type: text/event-stream");
                exchange.wire().sendChunk(TOKEN);
                assertThat(client.readHead().status()).isEqualTo(200);
                assertThat(client.readChunkText()).isEqualTo(TOKEN);
            }
            String event = client.readChunkText();
            assertThat(client.readChunk()).isEmpty();
            return event;
        }
    }

    private static JsonNode data(String event) {
        return JsonMapper.shared().readTree(event.substring(event.indexOf("data: ") + 6));
    }

    private static void assertAnthropic(JsonNode error, String type) {
        assertThat(error.path("type").asString()).isEqualTo("error");
        assertThat(error.path("error").propertyNames()).containsExactly("type", "message");
        assertThat(error.path("error").path("type").asString()).isEqualTo(type);
        assertThat(error.path("error").path("message").asString()).isNotEmpty();
    }

    private static WireMessage exchange(String path, String key, String body) {
        try (Wire client = send(path, key, body)) {
            return client.readMessage();
        }
    }

    private static Wire send(String path, String key, String body) {
        Wire client = Wire.to(gateway.port());
        client.send("POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nAuthorization: Bearer "
                + key + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
        return client;
    }
}
