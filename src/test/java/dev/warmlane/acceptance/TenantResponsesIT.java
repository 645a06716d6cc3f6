package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Responses that an engine stores, and tenants who ask for each other's. */
class TenantResponsesIT {
    private static final String ACME = "key-acme";
    private static final String ACME_TOO = "key-acme-too";
    private static final String OTHER = "key-other";

    @TempDir
    private static Path folder;

    private static HandDrivenEngine engine;
    private static RunningGateway gateway;

    private final ChatClient client = new ChatClient();

    @BeforeAll
    static void start() throws IOException {
        engine = HandDrivenEngine.start();
        List<String> settings = new ArrayList<>(List.of(HashedKeys.settings(
                folder,
                HashedKeys.entry("acme", ACME, "tenant: acme"),
                HashedKeys.entry("acme-too", ACME_TOO, "tenant: acme"),
                HashedKeys.entry("other", OTHER, ""))));
        settings.add("warmlane.endpoints=" + engine.uri());
        gateway = RunningGateway.start(settings.toArray(new String[0]));
    }

    @AfterAll
    static void stop() {
        gateway.close();
        engine.close();
    }

    @Test
    void theEngineIsToldAnIdThatNamesTheTenantAndNoAddresses() {
        assertThat(create()).matches("resp_[0-9a-f]{64}");
    }

    @Test
    void nobodyElseFindsOrCancelsIt() {
        String id = create();
        assertNotFound(get("/v1/responses/" + id, OTHER));
        assertNotFound(get("/v1/responses/" + id + "/cancel", OTHER));
        assertNotFound(get("/v1/responses/resp_of_nobody", ACME));
        assertThat(engine.requests()).isZero();
    }

    @Test
    void nobodyElseContinuesIt() {
        String body =
                "{\"previous_response_id\":\"%s\",\"input\":\"x\",\"previous_response_id\":null}".formatted(create());
        for (String path : List.of("/v1/responses", "/v1/responses/render")) {
            assertNotFound(client.post(gateway.uri(path), body, Map.of("Authorization", "Bearer " + OTHER)));
        }
        assertThat(engine.requests()).isZero();
    }

    @Test
    void everybodyOfTheTenantFindsItAndNoKeyReachesTheEngine() {
        String id = create();
        try (Wire wire = Wire.to(gateway.port())) {
            wire.send(
                    "GET /v1/responses/%s HTTP/1.1\r\nHost: h\r\nx-api-key: secret\r\nAuthorization: Bearer %s\r\n\r\n"
                            .formatted(id, ACME_TOO));
            HandDrivenEngine.Exchange exchange = engine.next();
            assertThat(exchange.request().startLine()).contains(id);
            assertThat(exchange.request().header("authorization")).isNull();
            assertThat(exchange.request().header("x-api-key")).isNull();
            exchange.answer("200 OK", "{}");
            assertThat(wire.readHead().status()).isEqualTo(200);
        }
    }

    /** Creates a response of tenant acme, and gives the id that the engine is told to call it by. */
    private static String create() {
        String body = "{\"input\":\"x\",\"request_id\":\"resp_mine\",\"kv_transfer_params\":{\"remote_host\":\"h\"}}";
        try (Wire wire = Wire.to(gateway.port())) {
            wire.send(
                    "POST /v1/responses HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s"
                            .formatted(ACME, body.length(), body));
            HandDrivenEngine.Exchange exchange = engine.next();
            String sent = exchange.request().text();
            assertThat(sent).doesNotContain("resp_mine", "kv_transfer_params").contains("\"input\":\"x\"");
            exchange.answer("200 OK", "{}");
            assertThat(wire.readHead().status()).isEqualTo(200);
            return exchange.request().json().get("request_id").asString();
        }
    }

    private HttpResponse<String> get(String path, String key) {
        return client.send(HttpRequest.newBuilder(gateway.uri(path))
                .header("Authorization", "Bearer " + key)
                .build());
    }

    private static void assertNotFound(HttpResponse<String> response) {
        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(ChatClient.json(response).at("/error/code").asString()).isEqualTo("response_not_found");
    }
}
