package dev.warmlane.tools.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.tools.Json;
import dev.warmlane.tools.simulator.GenerationService.ServerStats;
import dev.warmlane.tools.simulator.engine.EngineModel;
import dev.warmlane.tools.simulator.engine.EngineModel.AdapterConfig;
import dev.warmlane.tools.simulator.engine.EngineRequest.FinishReason;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class SimulatedServerIT {
    private static final ServerOptions OPTIONS = ServerOptions.DEFAULTS
            .withEngine(EngineModel.INSTANT)
            .withModels(new ServerOptions.Models("base", List.of("adapter"), 4096));
    private static final String LONG_TEXT = "a system prompt that fills more than a block of cache ".repeat(8);

    private SimulatedServer server;
    private SimulatorClient client;

    @BeforeEach
    void start() {
        start(OPTIONS);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void start(ServerOptions options) {
        if (server != null) {
            server.close();
        }
        server = SimulatedServer.start(options);
        client = new SimulatorClient(server);
    }

    private static String chat(String messages, String more) {
        return "{\"model\":\"base\",\"messages\":[%s]%s}".formatted(messages, more);
    }

    private static String message(String role, String content) {
        return Json.of("role", role, "content", content).toString();
    }

    @Test
    void answersAChat() throws Exception {
        HttpResponse<String> response = client.post(
                "/v1/chat/completions", chat(message("user", "hi"), ",\"max_tokens\":3"), "X-Request-Id", "r1");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
        assertThat(response.headers().firstValue("x-request-id")).hasValue("r1");
        JsonNode body = HttpExchange.json(HttpExchange.utf8(response.body()));
        assertThat(body.at("/id").stringValue()).isEqualTo("chatcmpl-r1");
        assertThat(body.at("/choices/0/message/content").stringValue()).hasSize(12);
        assertThat(body.at("/choices/0/finish_reason").stringValue()).isEqualTo("length");
        assertThat(body.at("/usage/completion_tokens").intValue()).isEqualTo(3);
    }

    @Test
    void streamsTheSameTextAsItAnswersWhole() throws Exception {
        String whole = client.postJson("/v1/chat/completions", chat(message("user", "hi"), ""))
                .at("/choices/0/message/content")
                .stringValue();
        List<String> events = client.stream("/v1/chat/completions", chat(message("user", "hi"), ",\"stream\":true"));
        StringBuilder streamed = new StringBuilder();
        for (String event : events) {
            streamed.append(HttpExchange.json(HttpExchange.utf8(event))
                    .at("/choices/0/delta/content")
                    .stringValue());
        }
        assertThat(streamed.toString()).isEqualTo(whole).hasSize(64 * 4);
        assertThat(events.get(events.size() - 1)).contains("\"finish_reason\":\"stop\"");
    }

    @Test
    void aSecondTurnFindsTheFirstWithItsAnswerInTheCache() throws Exception {
        String first = message("system", LONG_TEXT) + "," + message("user", "first question");
        JsonNode answer = client.postJson("/v1/chat/completions", chat(first, ""));
        assertThat(answer.at("/usage/prompt_tokens_details/cached_tokens").intValue())
                .isZero();
        int known = answer.at("/usage/total_tokens").intValue();
        String second = first + ","
                + message("assistant", answer.at("/choices/0/message/content").stringValue()) + ","
                + message("user", "second question");
        int cached = client.postJson("/v1/chat/completions", chat(second, ""))
                .at("/usage/prompt_tokens_details/cached_tokens")
                .intValue();
        // All full blocks but for what the last token, never computed, and a token cut by the response's end may cost.
        assertThat(cached).isBetween(known - 2 - 16, known).matches(tokens -> tokens % 16 == 0);
        assertThat(server.engineStats().hitTokens()).isEqualTo(cached);
    }

    @Test
    void usageEndsAStreamWhenAskedFor() throws Exception {
        String more = ",\"stream\":true,\"max_tokens\":2,\"stream_options\":{\"include_usage\":true}";
        List<String> events = client.stream("/v1/chat/completions", chat(message("user", "hi"), more));
        assertThat(events.get(events.size() - 1))
                .contains("\"choices\":[],\"usage\":{")
                .contains("\"prompt_tokens_details\":{\"cached_tokens\":0}");
    }

    @Test
    void leavesTheDetailsOutWithoutTheFlag() throws Exception {
        start(OPTIONS.withUsageDetails(false));
        JsonNode answer = client.postJson("/v1/chat/completions", chat(message("user", "hi"), ""));
        assertThat(answer.at("/usage/prompt_tokens_details").isNull()).isTrue();
    }

    @Test
    void adaptersAndSaltsShareNoBlocks() throws Exception {
        String plain = "{\"model\":\"%s\",\"prompt\":\"" + LONG_TEXT + "\",\"cache_salt\":\"%s\"}";
        client.post("/v1/completions", plain.formatted("base", ""));
        client.post("/v1/completions", plain.formatted("adapter", ""));
        client.post("/v1/completions", plain.formatted("base", "tenant"));
        assertThat(server.engineStats().hitTokens()).isZero();
        client.post("/v1/completions", plain.formatted("base", ""));
        assertThat(server.engineStats().hitTokens()).isPositive();
    }

    @Test
    void takesTokenIdsAsAPrompt() throws Exception {
        JsonNode answer = client.postJson("/v1/completions", "{\"prompt\":[1,2,3,4,5],\"max_tokens\":1}");
        assertThat(answer.at("/usage/prompt_tokens").intValue()).isEqualTo(5);
        assertThat(answer.at("/model").stringValue()).isEqualTo("base");
    }

    @Test
    void callsAToolWhenItMust() throws Exception {
        String tool =
                ",\"max_tokens\":3,\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"look\"}}],\"tool_choice\":\"required\"";
        JsonNode choice = client.postJson("/v1/chat/completions", chat(message("user", "hi"), tool))
                .at("/choices/0");
        assertThat(choice.at("/finish_reason").stringValue()).isEqualTo("tool_calls");
        assertThat(choice.at("/message/tool_calls/0/function/name").stringValue())
                .isEqualTo("look");
        String arguments = choice.at("/message/tool_calls/0/function/arguments").stringValue();
        assertThat(HttpExchange.json(HttpExchange.utf8(arguments)).at("/text").stringValue())
                .hasSize(12);

        StringBuilder streamed = new StringBuilder();
        for (String event :
                client.stream("/v1/chat/completions", chat(message("user", "hi"), tool + ",\"stream\":true"))) {
            streamed.append(HttpExchange.json(HttpExchange.utf8(event))
                    .at("/choices/0/delta/tool_calls/0/function/arguments")
                    .asString(""));
        }
        assertThat(streamed.toString()).isEqualTo(arguments);
    }

    @Test
    void answersResponsesAndMessages() throws Exception {
        JsonNode response = client.postJson("/v1/responses", "{\"input\":\"hi\",\"max_output_tokens\":2}");
        assertThat(response.at("/output/0/content/0/text").stringValue()).hasSize(8);
        JsonNode message = client.postJson("/v1/messages", chat(message("user", "hi"), ",\"max_tokens\":2"));
        assertThat(message.at("/content/0/text").stringValue()).hasSize(8);
        assertThat(message.at("/stop_reason").stringValue()).isEqualTo("max_tokens");
        assertThat(client.post("/v1/responses", "{\"input\":\"hi\",\"stream\":true}")
                        .body())
                .startsWith("event: response.created\ndata: {")
                .contains("event: response.completed\n")
                .endsWith("\n\n");
        assertThat(client.post("/v1/messages", chat(message("user", "hi"), ",\"max_tokens\":2,\"stream\":true"))
                        .body())
                .startsWith("event: message_start\ndata: {")
                .endsWith("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    }

    @Test
    void embeds() throws Exception {
        JsonNode answer = client.postJson("/v1/embeddings", "{\"input\":\"four is a token\"}");
        assertThat(answer.at("/data/0/embedding").size()).isEqualTo(8);
        assertThat(answer.at("/usage/prompt_tokens").intValue()).isEqualTo(4);
    }

    @Test
    void detokenizesWhatItTokenized() throws Exception {
        JsonNode tokens = client.postJson("/tokenize", "{\"prompt\":\"h\u00e9llo tokens\"}");
        assertThat(tokens.at("/count").intValue()).isEqualTo(4);
        JsonNode text = client.postJson("/detokenize", "{\"tokens\":%s}".formatted(tokens.at("/tokens")));
        assertThat(text.at("/prompt").stringValue()).isEqualTo("h\u00e9llo tokens");
    }

    @Test
    void refusesInVllmsWords() throws Exception {
        HttpResponse<String> unknown = client.post("/v1/chat/completions", "{\"model\":\"x\",\"messages\":[]}");
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(unknown.body())
                .isEqualTo(
                        "{\"error\":{\"message\":\"The model `x` does not exist.\",\"type\":\"NotFoundError\",\"param\":\"model\",\"code\":404}}");
        assertThat(client.post("/v1/chat/completions", "{\"model\":").statusCode())
                .isEqualTo(400);
        assertThat(client.post("/v1/chat/completions", "[]").statusCode()).isEqualTo(400);
        assertThat(client.post("/v1/chat/completions", "{}").statusCode()).isEqualTo(400);
        assertThat(client.post("/v1/completions", "{\"prompt\":\"x\",\"max_tokens\":5000}")
                        .body())
                .contains("maximum context length is 4096 tokens");
        assertThat(client.get("/v1/chat/completions").statusCode()).isEqualTo(405);
        assertThat(client.get("/nowhere").statusCode()).isEqualTo(404);
        assertThat(server.stats().inFlight()).isZero();
    }

    @Test
    void theKeyGuardsOnlyV1() throws Exception {
        start(OPTIONS.withApiKey("secret"));
        HttpResponse<String> refused = client.get("/v1/models");
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.body()).isEqualTo("{\"error\":\"Unauthorized\"}");
        assertThat(client.get("/health").statusCode()).isEqualTo(200);
        HttpResponse<String> accepted = client.http.send(
                client.request("/v1/models")
                        .header("Authorization", "Bearer secret")
                        .build(),
                BodyHandlers.ofString());
        assertThat(accepted.statusCode()).isEqualTo(200);
    }

    @Test
    void aClientThatLeavesMidStreamAbortsItsRequest() throws Exception {
        start(OPTIONS.withEngine(new EngineModel(5e6, 0, 0, 0, 0, 8192, 256)));
        String body = chat(message("user", "hi"), ",\"stream\":true,\"max_tokens\":4000");
        HttpResponse<InputStream> response = client.http.send(
                client.request("/v1/chat/completions")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofInputStream());
        assertThat(response.body().read()).isEqualTo('d');
        response.body().close();
        Await.until(() -> server.stats().cancels() == 1);
        ServerStats stats = server.stats();
        assertThat(stats.inFlight()).isZero();
        assertThat(stats.engine().finished(FinishReason.ABORT)).isEqualTo(1);
        assertThat(stats.engine().kvCacheUsage()).isZero();
        assertThat(client.get("/metrics").body())
                .contains(
                        "vllm:request_success_total{engine=\"0\",finished_reason=\"abort\",model_name=\"base\"} 1.0\n");
    }

    @Test
    void aClientThatLeavesBeforeTheAnswerAbortsItsRequest() throws Exception {
        start(OPTIONS.withEngine(new EngineModel(5e6, 0, 0, 0, 0, 8192, 256)));
        var pending = client.http.sendAsync(
                client.request("/v1/chat/completions")
                        .POST(BodyPublishers.ofString(chat(message("user", "hi"), ",\"max_tokens\":4000")))
                        .build(),
                BodyHandlers.ofString());
        Await.until(() -> server.engineStats().running() == 1);
        pending.cancel(true);
        Await.until(() -> server.stats().cancels() == 1);
        assertThat(server.engineStats().running()).isZero();
    }

    @Test
    void tellsWhichAdaptersRunAndWhichWaitForASlot() throws Exception {
        start(OPTIONS.withEngine(new EngineModel(5e6, 0, 0, 0, 0, 8192, 256))
                .withModels(new ServerOptions.Models(
                        "base", List.of("one"), 4096, new AdapterConfig(1, Duration.ofMillis(1)))));
        assertThat(client.post("/v1/load_lora_adapter", "{\"lora_name\":\"two\",\"lora_path\":\"/two\"}")
                        .statusCode())
                .isEqualTo(200);
        int sent = 0;
        for (String model : List.of("base", "one", "two")) {
            String body = chat(message("user", "hi"), ",\"max_tokens\":4000").replace("base", model);
            client.http.sendAsync(
                    client.request("/v1/chat/completions")
                            .POST(BodyPublishers.ofString(body))
                            .build(),
                    BodyHandlers.ofString());
            int underWay = ++sent;
            Await.until(
                    () -> server.engineStats().running() + server.engineStats().waiting() == underWay);
        }
        // The one that is loading runs from the next step on.
        await().untilAsserted(() -> assertThat(client.get("/metrics").body())
                .contains("vllm:lora_requests_info{max_lora=\"1\",running_lora_adapters=\"one\","
                        + "waiting_lora_adapters=\"two\"} "));
    }

    @Test
    void aRestartKeepsThePortAndLosesTheCache() throws Exception {
        String body = chat(message("user", LONG_TEXT), "");
        client.post("/v1/chat/completions", body);
        int port = server.port();
        server.restart();
        assertThat(server.port()).isEqualTo(port);
        client = new SimulatorClient(server);
        client.post("/v1/chat/completions", body);
        assertThat(server.engineStats().hitTokens()).isZero();
        assertThat(server.stats().requests()).isEqualTo(1);
    }
}
