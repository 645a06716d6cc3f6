package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.ServerOptions.Models;
import dev.warmlane.tools.simulator.SimulatedServer;
import dev.warmlane.tools.simulator.engine.EngineModel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A gateway that lets in only who has a key, in front of an engine with two models and a key of its own. */
class ApiKeysIT {
    @TempDir
    private static Path folder;

    private static Path keys;
    private static SimulatedServer server;
    private static RunningGateway gateway;

    private final ChatClient client = new ChatClient();

    @BeforeAll
    static void start() throws IOException {
        keys = Files.writeString(
                folder.resolve("keys.yaml"),
                HashedKeys.file(List.of(
                        HashedKeys.entry("all", "key-all", ""),
                        HashedKeys.entry("small-only", "key-small", "models: [small, gone]"),
                        HashedKeys.entry("two-a-minute", "key-two", "requests-per-minute: 2"),
                        HashedKeys.entry("few-tokens", "key-few", "tokens-per-minute: 300"),
                        HashedKeys.entry("unreported", "key-unreported", "tokens-per-minute: 300"))));
        server = SimulatedServer.start(ServerOptions.DEFAULTS
                .withEngine(EngineModel.INSTANT)
                .withModels(new Models("small", List.of("lora"), 4096))
                .withApiKey("the pool's"));
        gateway = RunningGateway.start(
                "warmlane.pools[0].name=default",
                "warmlane.pools[0].endpoints=" + server.uri(),
                "warmlane.pools[0].api-key=the pool's",
                "warmlane.auth.keys-file=" + keys,
                "warmlane.auth.reload=50ms");
        await().until(() -> gateway.bean(dev.warmlane.engines.models.ServedModels.class)
                .catalog()
                .models()
                .contains("small"));
    }

    @AfterAll
    static void stop() {
        gateway.close();
        server.close();
    }

    @Test
    void anAnswerThatReportsNoUsageCostsWhatThePromptIsThoughtToBe() {
        String body = "{\"model\":\"small\",\"prompt\":\"" + "a".repeat(4_000) + "\"}";
        Map<String, String> key = Map.of("Authorization", "Bearer key-unreported");
        assertThat(client.post(gateway.uri("/tokenize"), body, key).statusCode())
                .as("more than a minute's tokens, owed")
                .isEqualTo(200);
        assertThat(client.post(gateway.uri("/tokenize"), body, key).statusCode())
                .isEqualTo(429);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Bearer unknown", "Basic a2V5LWFsbA==", "Bearer ", "key-all"})
    void nobodyComesInWithoutAKeyThatIsKnown(String authorization) {
        long before = server.stats().requests();
        for (String path : List.of("/v1/chat/completions", "/v1/models", "/nowhere", "/actuator/health")) {
            Map<String, String> headers = authorization.isEmpty() ? Map.of() : Map.of("Authorization", authorization);
            HttpResponse<String> response = client.post(gateway.uri(path), chat("small"), headers);
            assertThat(response.statusCode()).as(path).isEqualTo(401);
            assertThat(response.headers().firstValue("WWW-Authenticate")).contains("Bearer");
            assertThat(error(response, "code")).isEqualTo("invalid_api_key");
            assertThat(error(response, "type")).isEqualTo("authentication_error");
        }
        assertThat(server.stats().requests()).isEqualTo(before);
    }

    @Test
    void aKeyComesInAndTheEngineSeesThePoolsInstead() {
        assertThat(post("key-all", chat("small")).statusCode()).isEqualTo(200);
    }

    /** Engines read more levels than the gateway, and would find a priority there that nobody has limited. */
    @Test
    void aBodyThatTheGatewayCannotReadIsRefused() {
        long before = server.stats().requests();
        String deep = "{\"model\":\"small\",\"priority\":-7,\"x\":" + "[".repeat(600) + "]".repeat(600) + "}";
        HttpResponse<String> response = post("key-all", deep);
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(error(response, "message")).contains("512 levels");
        assertThat(server.stats().requests()).isEqualTo(before);
    }

    @Test
    void anthropicsHeaderIsAKeyOnAnthropicsPath() {
        String body = "{\"model\":\"small\",\"max_tokens\":4,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        assertThat(client.post(gateway.uri("/v1/messages"), body, Map.of("x-api-key", "key-all"))
                        .statusCode())
                .isEqualTo(200);
        assertThat(client.post(gateway.uri("/v1/chat/completions"), body, Map.of("x-api-key", "key-all"))
                        .statusCode())
                .isEqualTo(401);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"model\":\"lora\",\"messages\":[]} | The key may not use the model `lora`.",
                "{\"model\":\"nowhere\",\"messages\":[]} | The key may not use the model `nowhere`.",
                "{\"model\":\"small\",\"messages\":[],\"model\":\"lora\"} | The key may not use the model `lora`.",
                "{\"model\":\"small\",\"messages\":[],\"\\u006dodel\":\"lora\"} | The key may not use the model `lora`.",
                "{\"messages\":[]} | The key is for certain models, so the request must name one in a JSON body.",
                "{\"model\":null,\"messages\":[]} | The key is for certain models, so the request must name one in a JSON body."
            })
    void aKeyIsForItsModelsOnly(String body, String message) {
        HttpResponse<String> response = post("key-small", body);
        assertThat(response.statusCode()).isEqualTo(403);
        assertThat(error(response, "code")).isEqualTo("model_not_allowed");
        assertThat(error(response, "message")).isEqualTo(message);
    }

    @Test
    void aBodyThatIsNoJsonHidesNoModel() {
        HttpResponse<String> response = client.send(HttpRequest.newBuilder(gateway.uri("/v1/chat/completions"))
                .header("Authorization", "Bearer key-small")
                .header("Content-Type", "text/plain")
                .POST(HttpRequest.BodyPublishers.ofString(chat("lora")))
                .build());
        assertThat(response.statusCode()).isEqualTo(403);
    }

    @Test
    void aFormHidesNoModel() {
        String small = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nsmall\r\n";
        // To vLLM it is no file.
        String hidden = "--b\r\nContent-Disposition: form-data; name=\"model\"; filenames=a\r\n\r\nlora\r\n";
        assertThat(error(transcribe(small.replace("small", "lora") + "--b--\r\n"), "code"))
                .isEqualTo("model_not_allowed");
        assertThat(error(transcribe(small + hidden + "--b--\r\n"), "code")).isIn("model_repeated", "form_not_plain");
        HttpResponse<String> ambiguous = transcribe(small + hidden.replace("form-data", "attachment") + "--b--\r\n");
        assertThat(ambiguous.statusCode()).isEqualTo(400);
        assertThat(error(ambiguous, "code")).isEqualTo("form_not_plain");
    }

    private HttpResponse<String> transcribe(String form) {
        return client.send(HttpRequest.newBuilder(gateway.uri("/v1/audio/transcriptions"))
                .header("Authorization", "Bearer key-small")
                .header("Content-Type", "multipart/form-data; boundary=b")
                .POST(HttpRequest.BodyPublishers.ofString(form))
                .build());
    }

    @Test
    void modelsThatAKeyMayNotUseAreNeitherListedNorNamed() {
        assertThat(models("key-all")).containsExactly("small", "lora");
        assertThat(models("key-small")).containsExactly("small");
        HttpResponse<String> gone = post("key-small", chat("gone"));
        assertThat(gone.statusCode()).isEqualTo(404);
        assertThat(error(gone, "message")).contains("Known models: small.");
    }

    @Test
    void pastTheRequestsOfAMinuteAKeyHasToWait() {
        assertThat(models("key-two")).isNotEmpty();
        assertThat(post("key-two", chat("small")).statusCode()).isEqualTo(200);
        HttpResponse<String> third = post("key-two", chat("small"));
        assertThat(third.statusCode()).isEqualTo(429);
        assertThat(error(third, "code")).isEqualTo("rate_limit_exceeded");
        assertThat(error(third, "message")).isEqualTo("The limit of 2 requests a minute is reached.");
        assertThat(Long.parseLong(third.headers().firstValue("Retry-After").orElseThrow()))
                .isBetween(1L, 30L);
        assertThat(Long.parseLong(third.headers().firstValue("retry-after-ms").orElseThrow()))
                .isBetween(1L, 30_000L);
    }

    @Test
    void tokensThatWereDeliveredCountAndAStreamCannotHideThem() {
        String stream = "{\"model\":\"small\",\"stream\":true,\"max_tokens\":400,\"ignore_eos\":true,"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        HttpResponse<String> first = post("key-few", stream);
        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(first.body()).doesNotContain("\"usage\":{").endsWith("data: [DONE]\n\n");

        HttpResponse<String> second = post("key-few", chat("small"));
        assertThat(second.statusCode()).isEqualTo(429);
        assertThat(error(second, "message")).isEqualTo("The limit of 300 tokens a minute is reached.");
        assertThat(scrape()).containsPattern("warmlane_client_tokens_total\\{client=\"few-tokens\"[^}]*} 4\\d\\d");
    }

    @Test
    void theManagementPortAsksNobody() {
        assertThat(client.get(gateway.management("/actuator/health/liveness")).statusCode())
                .isEqualTo(200);
        assertThat(client.get(gateway.management("/actuator/vllm")).statusCode())
                .isEqualTo(200);
    }

    @Test
    void clientsAreCountedByTheNamesOfTheirKeys() {
        post("key-all", chat("small"));
        post("nobody's", chat("small"));
        assertThat(scrape())
                .containsPattern("warmlane_client_requests_total\\{client=\"all\"")
                .containsPattern("warmlane_refusals_total\\{[^}]*reason=\"unknown\"")
                .doesNotContain("key-all", "nobody's");
    }

    @Test
    void aKeyThatIsAddedAndTakenAwayCountsWithoutARestart() throws IOException {
        String before = Files.readString(keys);
        Files.writeString(keys, before + HashedKeys.entry("late", "key-late", ""));
        await().until(() -> post("key-late", chat("small")).statusCode() == 200);
        Files.writeString(keys, before);
        await().until(() -> post("key-late", chat("small")).statusCode() == 401);
        assertThat(post("key-all", chat("small")).statusCode()).isEqualTo(200);
    }

    private HttpResponse<String> post(String key, String body) {
        return client.post(gateway.uri("/v1/chat/completions"), body, Map.of("Authorization", "Bearer " + key));
    }

    private List<String> models(String key) {
        URI uri = gateway.uri("/v1/models");
        HttpResponse<String> response = client.send(HttpRequest.newBuilder(uri)
                .header("Authorization", "Bearer " + key)
                .build());
        assertThat(response.statusCode()).isEqualTo(200);
        return ChatClient.json(response)
                .get("data")
                .valueStream()
                .map(card -> card.get("id").asString())
                .toList();
    }

    private String scrape() {
        return client.get(gateway.management("/actuator/prometheus")).body();
    }

    private static String chat(String model) {
        return "{\"model\":\"%s\",\"max_tokens\":2,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
                .formatted(model);
    }

    private static String error(HttpResponse<String> response, String field) {
        return ChatClient.json(response).at("/error/" + field).asString();
    }
}
