package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.WebSocketClient;
import dev.warmlane.harness.Wire;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.ServerOptions.Models;
import dev.warmlane.tools.simulator.SimulatedServer;
import dev.warmlane.tools.simulator.engine.EngineModel;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import tools.jackson.databind.JsonNode;

/** Names for models, over two pools of one endpoint each. */
@ExtendWith(OutputCaptureExtension.class)
class ModelNamesIT {
    private static final ServerOptions INSTANT = ServerOptions.DEFAULTS.withEngine(EngineModel.INSTANT);

    @TempDir
    private Path folder;

    private final ChatClient client = new ChatClient();
    private final List<RunningGateway> gateways = new ArrayList<>();
    private SimulatedServer stable;
    private SimulatedServer canary;

    @BeforeEach
    void start() {
        stable = SimulatedServer.start(INSTANT.withModels(new Models("v1", List.of(), 4096)));
        canary = SimulatedServer.start(INSTANT.withModels(new Models("v2", List.of(), 4096)));
    }

    @AfterEach
    void stop() {
        gateways.forEach(RunningGateway::close);
        stable.close();
        canary.close();
    }

    @Test
    void aNameIsServedByItsModelWhichTheResponseNames() throws IOException {
        RunningGateway gateway = gateway("names: [{name: chat, targets: v1}]");
        HttpResponse<String> response = chat(gateway, "chat", "s");
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(served(response)).isEqualTo("v1");
        assertThat(ChatClient.json(response).get("model").asString()).isEqualTo("v1");
        assertThat(chat(gateway, "v2", "s").headers().firstValue("x-warmlane-model"))
                .isEmpty();
        assertThat(chat(gateway, "v1", "s").headers().firstValue("x-warmlane-affinity"))
                .as("a name and its model share sessions")
                .contains("session;bound");
    }

    @Test
    void aSplitIsStickyTheSameOnTwoReplicasAndChangedWithoutARestart() throws IOException {
        Path file = names("names: [{name: chat, targets: [{model: v1, weight: 3}, {model: v2, weight: 1}]}]");
        RunningGateway one = gateway(file);
        RunningGateway other = gateway(file);
        List<String> served = servedBy(one);
        assertThat(served).contains("v1", "v2");
        assertThat(servedBy(one)).isEqualTo(served);
        assertThat(servedBy(other)).isEqualTo(served);

        Files.writeString(file, "names: [{name: chat, targets: v2}]");
        await().until(() ->
                one.bean(ServedModels.class).names().find("chat").targets().size() == 1);
        assertThat(servedBy(one)).containsOnly("v2");
    }

    @Test
    void aFileThatCannotBeUsedKeepsTheOldNamesOrStopsTheStart(CapturedOutput output) throws IOException {
        Path file = names("names: [{name: chat, targets: v1}]");
        RunningGateway gateway = gateway(file);
        Files.writeString(file, "names: [{name: v2, targets: v1}]");
        await().until(() ->
                output.getAll().contains("names[0].name: v2 (expected: a name that is no model of pool canary)"));
        assertThat(chat(gateway, "chat", "s").statusCode()).isEqualTo(200);

        Files.writeString(file, "names: [{name: a, targets: b}, {name: b, targets: a}]");
        assertThatThrownBy(() -> gateway(file)).hasStackTraceContaining("name: a leads to itself: a -> b -> a");
    }

    @Test
    void aWebSocketTakesNamesInItsQueryAndInItsMessages() throws IOException {
        RunningGateway gateway = gateway("names: [{name: voice, targets: v2}, {name: speech, targets: v2}]");
        for (String said : List.of("voice", "speech", "v2")) {
            WebSocketClient socket = WebSocketClient.connect(gateway.uri("/v1/realtime?model=voice"), Map.of());
            assertThat(socket.next()).contains("session.created");
            socket.send("{\"type\":\"session.update\",\"model\":\"%s\"}".formatted(said));
            socket.send("{\"type\":\"input_audio_buffer.commit\"}");
            socket.send("{\"type\":\"input_audio_buffer.append\",\"audio\":\"AAA=\"}");
            assertThat(socket.next()).as(said).contains("transcription.delta");
            socket.send("{\"type\":\"session.update\",\"model\":\"v1\"}");
            assertThat(socket.next()).contains("model_not_found");
            socket.socket().sendClose(WebSocket.NORMAL_CLOSURE, "").join();
        }
        assertThat(canary.stats().requests()).isEqualTo(3);
    }

    @Test
    void theNextModelServesWhereNoEndpointOfTheFirstIsSelectable() throws IOException {
        RunningGateway gateway = gateway("names: [{name: chat, targets: v2, fallback: [v3, v1]}]");
        assertThat(served(chat(gateway, "chat", "s"))).isEqualTo("v2");
        canary.stop();
        // At once, while the gateway still believes that it is there, and when it knows better.
        for (int i = 0; i < 20; i++) {
            HttpResponse<String> response = chat(gateway, "chat", "s" + i);
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            assertThat(served(response)).isEqualTo("v1");
            assertThat(response.headers().firstValue("x-should-retry")).isEmpty();
        }
        await().untilAsserted(() ->
                assertThat(metrics(gateway)).contains("warmlane_model_fallbacks_total{name=\"chat\"} 20.0"));
    }

    @Test
    void theNextModelServesWhereTheQueueOfTheFirstIsFull() throws IOException {
        try (HandDrivenEngine full = HandDrivenEngine.start()) {
            RunningGateway gateway = start(
                    names("names: [{name: chat, targets: m, fallback: v1}]"),
                    full.uri().toString(),
                    "warmlane.queue.max-requests-per-endpoint=1",
                    "warmlane.queue.max-entries=0");
            CompletableFuture<HttpResponse<String>> first =
                    CompletableFuture.supplyAsync(() -> chat(gateway, "chat", "first"));
            HandDrivenEngine.Exchange busy = full.next();
            assertThat(busy.request().text()).contains("{\"model\":\"m\", \"messages\":");
            assertThat(served(chat(gateway, "chat", "second"))).isEqualTo("v1");
            busy.answer("200 OK", "{}");
            assertThat(served(first.join())).isEqualTo("m");
        }
    }

    @Test
    void onlyTheNameIsReplacedHoweverTheBodyIsWritten() throws IOException {
        try (HandDrivenEngine engine = HandDrivenEngine.start()) {
            RunningGateway gateway = start(
                    names("names: [{name: chät, targets: m}]"), engine.uri().toString());
            CompletableFuture<HttpResponse<String>> answer = CompletableFuture.supplyAsync(() -> client.post(
                    gateway.uri("/v1/chat/completions"),
                    "{ \"messages\" : [ {\"role\":\"user\",\"content\":\"model: chät\"} ],\n\t\"mod\\u0065l\" : \"ch\\u00e4t\" ,\"n\":1.0}",
                    Map.of()));
            HandDrivenEngine.Exchange exchange = engine.next();
            exchange.answer("200 OK", "{}");
            assertThat(answer.join().statusCode()).isEqualTo(200);
            assertThat(exchange.request().text())
                    .endsWith("{ \"messages\" : [ {\"role\":\"user\",\"content\":\"model: chät\"} ],\n"
                            + "\t\"mod\\u0065l\" : \"m\" ,\"n\":1.0}");
        }
    }

    @Test
    void aNameWhoseModelsNobodyHasIsNotReady() throws IOException {
        HttpResponse<String> response = chat(gateway("names: [{name: chat, targets: v9}]"), "chat", "s");
        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(response.headers().firstValue("retry-after")).isPresent();
        assertThat(response.body()).contains("No endpoint serves `v9`, which `chat` stands for.");
    }

    @Test
    void namesAreListedWithTheirModels() throws IOException {
        RunningGateway gateway =
                gateway("names: [{name: org/chat, targets: [v2, v1], fallback: v3}, {name: later, targets: v9}]");
        List<String> ids = new ArrayList<>();
        client.getJson(gateway.uri("/v1/models"))
                .get("data")
                .forEach(card -> ids.add(card.get("id").asString()));
        assertThat(ids).containsExactlyInAnyOrder("v1", "v2", "org/chat");
        for (String path : List.of("/v1/models/org/chat", "/v1/models/org%2Fchat", "/v1/models/org%2fch%61t")) {
            HttpResponse<String> response = client.get(gateway.uri(path));
            assertThat(response.statusCode()).as(path + response.body()).isEqualTo(200);
            JsonNode card = ChatClient.json(response);
            assertThat(card.get("id").asString()).isEqualTo("org/chat");
            assertThat(card.get("root").asString()).isEqualTo("v2");
            assertThat(card.get("max_model_len").asInt()).isEqualTo(4096);
            assertThat(card.at("/targets/1/model").asString()).isEqualTo("v1");
            assertThat(card.at("/fallback/0").asString()).isEqualTo("v3");
        }
        assertThat(client.getJson(gateway.uri("/v1/models/v1")).get("id").asString())
                .isEqualTo("v1");
        HttpResponse<String> unknown = client.get(gateway.uri("/v1/models/v9"));
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(ChatClient.json(unknown).at("/error/code").asString()).isEqualTo("model_not_found");
    }

    @Test
    void explainShowsThePath() throws IOException {
        RunningGateway gateway =
                gateway("names: [{name: gpt, targets: chat}, {name: chat, targets: v9, fallback: v2}]");
        String body = "{\"model\":\"gpt\",\"messages\":[]}";
        JsonNode explained = ChatClient.json(client.post(gateway.management("/actuator/decisions"), body, Map.of()));
        assertThat(explained.get("names").toString()).isEqualTo("[\"gpt\",\"chat\",\"v2\"]");
        assertThat(explained.get("pool").asString()).isEqualTo("canary");
        JsonNode plain = ChatClient.json(
                client.post(gateway.management("/actuator/decisions"), body.replace("gpt", "v1"), Map.of()));
        assertThat(plain.has("names")).isFalse();
    }

    @Test
    void aKeyMustBeForTheNameAndForWhatServesIt() throws IOException {
        Path keys = Files.writeString(
                folder.resolve("keys.yaml"),
                HashedKeys.file(List.of(
                        HashedKeys.entry("both", "key-both", "models: [chat, v1]"),
                        HashedKeys.entry("name", "key-name", "models: [chat]"),
                        HashedKeys.entry("model", "key-model", "models: [v1]"))));
        RunningGateway gateway = start(
                names("names: [{name: chat, targets: v2, fallback: v1}]"),
                canary.uri().toString(),
                "warmlane.auth.keys-file=" + keys);
        assertThat(served(chat(gateway, "key-both"))).isEqualTo("v1");
        assertThat(chat(gateway, "key-name").statusCode()).isEqualTo(403);
        assertThat(chat(gateway, "key-name").body()).contains("`v2`, which `chat` stands for");
        assertThat(chat(gateway, "key-model").statusCode()).isEqualTo(403);
        assertThat(models(gateway, "key-both")).contains("\"chat\"", "\"v1\"").doesNotContain("\"id\":\"v2\"");
        assertThat(models(gateway, "key-name")).doesNotContain("\"chat\"");
    }

    @Test
    void aMirrorGetsItsShareAndNobodyWaitsForIt() throws IOException {
        try (HandDrivenEngine second = HandDrivenEngine.start()) {
            RunningGateway gateway = start(
                    names("names: [{name: chat, targets: v1, mirror: {model: m, max-in-flight: 1, timeout: 1s}}]"),
                    second.uri().toString());
            assertThat(served(chat(gateway, "chat", "s"))).isEqualTo("v1");
            HandDrivenEngine.Exchange mirrored = second.next();
            assertThat(mirrored.request().text()).contains("{\"model\":\"m\", \"messages\":");
            assertThat(mirrored.request().header("x-session-id")).isEqualTo("s");
            // It has not answered, and no more than one at a time is sent.
            assertThat(served(chat(gateway, "chat", "s"))).isEqualTo("v1");
            await().untilAsserted(() -> assertThat(metrics(gateway)).contains(counted("skipped")));
            // Its time is over: it is cancelled, and the next may go.
            await().untilAsserted(() -> assertThat(metrics(gateway)).contains(counted("cancelled")));
            assertThat(served(chat(gateway, "chat", "s"))).isEqualTo("v1");
            second.next().answer("200 OK", "{}");
            await().untilAsserted(() -> assertThat(metrics(gateway))
                    .contains(counted("served"))
                    .contains("warmlane_requests_total{pool=\"stable\",result=\"2xx\"} 3.0")
                    .doesNotContainPattern("warmlane_requests_total\\{pool=\"canary\",[^ ]* [1-9]"));
            assertThat(second.requests()).isZero();
        }
    }

    @Test
    void aCopyThatMemoryIsTooShortForIsCounted() throws IOException {
        try (HandDrivenEngine first = HandDrivenEngine.start();
                HandDrivenEngine second = HandDrivenEngine.start();
                RunningGateway gateway = RunningGateway.start(
                        "warmlane.pools[0].name=stable",
                        "warmlane.pools[0].endpoints=" + first.uri(),
                        "warmlane.pools[1].name=canary",
                        "warmlane.pools[1].endpoints=" + second.uri(),
                        "warmlane.model-names.file="
                                + names("names: [{name: chat, targets: {model: m, pool: stable},"
                                        + " mirror: {model: m, pool: canary}}]"),
                        "warmlane.limits.body=1KB",
                        "warmlane.limits.buffered-bodies=1KB");
                Wire asking = Wire.to(gateway.port());
                Wire slow = Wire.to(gateway.port())) {
            asking.send(request(300, "{\"model\":\"chat\",\"prompt\":\"hi\"}%270s".formatted("")));
            HandDrivenEngine.Exchange served = first.next();
            slow.send(request(700, " ".repeat(350)));
            await().untilAsserted(() ->
                    assertThat(metrics(gateway)).containsPattern("warmlane_buffered_body_bytes (9[0-9]{2}|1[0-9]{3})"));
            served.answer("200 OK", "{}");
            assertThat(asking.readMessage().status()).isEqualTo(200);
            await().untilAsserted(() -> assertThat(metrics(gateway)).contains(counted("skipped")));
            assertThat(second.requests()).isZero();
        }
    }

    private static String request(int announced, String body) {
        return "POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: "
                + announced + "\r\n\r\n" + body;
    }

    @Test
    void metricsAndAccessLogTellWhatServed() throws IOException {
        Path log = folder.resolve("access.log");
        RunningGateway gateway = start(
                names("names: [{name: chat, targets: v1}]"),
                canary.uri().toString(),
                "warmlane.access-log.target=" + log,
                "warmlane.pools[1].unknown-models=pass");
        chat(gateway, "chat", "s");
        chat(gateway, "v1", "s");
        chat(gateway, "nobody-has-it", "s");
        await().untilAsserted(() -> assertThat(metrics(gateway))
                .contains("warmlane_model_requests_total{model=\"v1\",result=\"2xx\"} 2.0")
                .contains("warmlane_model_requests_total{model=\"other\",result=\"4xx\"} 1.0")
                .containsPattern("warmlane_model_tokens_total\\{kind=\"prompt\",model=\"v1\"} [1-9]")
                .doesNotContain("nobody-has-it"));
        await().untilAsserted(() -> assertThat(Files.readString(log))
                .contains("\"model\":\"chat\",\"served_model\":\"v1\"")
                .contains("\"model\":\"v1\",\"result\""));
    }

    /** A pod of the pool after the other is replaced by one with the next version, under load. */
    @Test
    void aPoolIsRolledFromOneModelToTheNextAndNoRequestFails() throws Exception {
        List<SimulatedServer> pods = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            pods.add(SimulatedServer.start(INSTANT.withModels(new Models("old", List.of(), 4096))));
        }
        RunningGateway gateway = RunningGateway.start(
                "warmlane.endpoints="
                        + String.join(
                                ",",
                                pods.stream().map(pod -> pod.uri().toString()).toList()),
                "warmlane.scrape.interval=100ms",
                "warmlane.scrape.models-interval=200ms",
                "warmlane.health.slow-start=0s",
                "warmlane.model-names.file=" + names("names: [{name: chat, targets: new, fallback: old}]"));
        gateways.add(gateway);
        ServedModels models = gateway.bean(ServedModels.class);
        await().until(() -> models.catalog().models("default").contains("old"));
        Map<String, List<String>> servedBySession = new ConcurrentHashMap<>();
        List<String> failures = Collections.synchronizedList(new ArrayList<>());
        AtomicBoolean rolled = new AtomicBoolean();
        ExecutorService clients = Executors.newFixedThreadPool(8);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                String session = "session-" + i;
                running.add(clients.submit(() -> {
                    while (!rolled.get()) {
                        HttpResponse<String> response = chat(gateway, "chat", session);
                        if (response.statusCode() == 200) {
                            servedBySession
                                    .computeIfAbsent(session, none -> new ArrayList<>())
                                    .add(served(response));
                        } else {
                            failures.add(response.body());
                        }
                    }
                }));
            }
            for (int i = 0; i < 4; i++) {
                int port = pods.get(i).port();
                pods.get(i).close();
                pods.set(
                        i,
                        SimulatedServer.start(
                                INSTANT.withModels(new Models("new", List.of(), 4096)), "127.0.0.1", port));
                int left = 3 - i;
                await().until(() -> models.catalog().lacking("default", "new").size() == left
                        && gateway.router().pool().snapshot().selectable().size() == 4);
            }
            rolled.set(true);
            for (Future<?> each : running) {
                each.get();
            }
        } finally {
            rolled.set(true);
            clients.shutdown();
            pods.forEach(SimulatedServer::close);
        }
        assertThat(failures).isEmpty();
        assertThat(servedBySession).hasSize(8).allSatisfy((session, served) -> {
            assertThat(served).contains("new").startsWith("old");
            assertThat(served.lastIndexOf("old")).as("moves once").isLessThan(served.indexOf("new"));
        });
    }

    private static String counted(String result) {
        return "warmlane_mirrored_requests_total{pool=\"canary\",result=\"" + result + "\"} 1.0";
    }

    private List<String> servedBy(RunningGateway gateway) {
        return IntStream.range(0, 24)
                .mapToObj(i -> served(chat(gateway, "chat", "session-" + i)))
                .toList();
    }

    private static String served(HttpResponse<String> response) {
        return response.headers().firstValue("x-warmlane-model").orElseThrow(() -> new AssertionError(response.body()));
    }

    private HttpResponse<String> chat(RunningGateway gateway, String model, String session) {
        return client.post(
                gateway.uri("/v1/chat/completions"),
                "{\"model\":\"%s\", \"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}".formatted(model),
                Map.of("x-session-id", session));
    }

    private HttpResponse<String> chat(RunningGateway gateway, String key) {
        return client.post(
                gateway.uri("/v1/chat/completions"),
                "{\"model\":\"chat\",\"messages\":[]}",
                Map.of("authorization", "Bearer " + key));
    }

    private String models(RunningGateway gateway, String key) {
        return client.send(ChatClient.request(gateway.uri("/v1/models"), Map.of("authorization", "Bearer " + key))
                        .build())
                .body();
    }

    private String metrics(RunningGateway gateway) {
        return client.get(gateway.management("/actuator/prometheus")).body();
    }

    private Path names(String yaml) throws IOException {
        return Files.writeString(folder.resolve("names.yaml"), yaml);
    }

    private RunningGateway gateway(String yaml) throws IOException {
        return gateway(names(yaml));
    }

    private RunningGateway gateway(Path file) {
        return start(file, canary.uri().toString());
    }

    private RunningGateway start(Path file, String second, String... more) {
        List<String> settings = new ArrayList<>(List.of(more));
        settings.add("warmlane.pools[0].name=stable");
        settings.add("warmlane.pools[0].endpoints=" + stable.uri());
        settings.add("warmlane.pools[1].name=canary");
        settings.add("warmlane.pools[1].endpoints=" + second);
        settings.add("warmlane.model-names.file=" + file);
        settings.add("warmlane.model-names.reload=50ms");
        RunningGateway gateway = RunningGateway.start(settings.toArray(String[]::new));
        gateways.add(gateway);
        ServedModels models = gateway.bean(ServedModels.class);
        await().until(() -> !models.catalog().models("stable").isEmpty()
                && !models.catalog().models("canary").isEmpty());
        return gateway;
    }
}
