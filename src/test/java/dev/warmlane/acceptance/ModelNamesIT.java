package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.routing.Router;
import dev.warmlane.engines.models.ModelNames;
import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.harness.Awaited;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.harness.WebSocketClient;
import dev.warmlane.harness.Wire;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.ServerOptions.Models;
import dev.warmlane.tools.simulator.SimulatedServer;
import dev.warmlane.tools.simulator.engine.EngineModel;
import java.io.IOException;
import java.net.URI;
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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
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
    /** A token each 20 ms, so that clients that never pause leave the machine the time for all else. */
    private static final EngineModel UNHURRIED = new EngineModel(20e6, 0, 0, 0, 0, 8192, 256);

    private static final SharedGateways GATEWAYS = new SharedGateways(RunningGateway::start);
    private static final AtomicInteger FILES_WRITTEN = new AtomicInteger();

    @TempDir
    private static Path folder;

    private final ChatClient client = new ChatClient();
    private SimulatedServer stable;
    private SimulatedServer canary;

    @BeforeEach
    void start() {
        stable = SimulatedServer.start(INSTANT.withModels(new Models("v1", List.of(), 4096)));
        canary = SimulatedServer.start(INSTANT.withModels(new Models("v2", List.of(), 4096)));
    }

    @AfterEach
    void stop() {
        stable.close();
        canary.close();
    }

    @AfterAll
    static void closeGateways() {
        GATEWAYS.close();
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
        String split = "names: [{name: chat, targets: [{model: v1, weight: 3}, {model: v2, weight: 1}]}]";
        RunningGateway one = gateway(split);
        RunningGateway other = narrow(split, stable.uri(), canary.uri());
        List<String> served = servedBy(one);
        assertThat(served).contains("v1", "v2");
        assertThat(servedBy(one)).isEqualTo(served);
        assertThat(servedBy(other)).isEqualTo(served);

        write(one, "plain", "names: [{name: chat, targets: v2}]");
        assertThat(servedBy(one)).containsOnly("v2");
    }

    @Test
    void aFileThatCannotBeUsedKeepsTheOldNamesOrStopsTheStart(CapturedOutput output) throws IOException {
        RunningGateway gateway = gateway("names: [{name: chat, targets: v1}]");
        Files.writeString(file("plain"), "names: [{name: v2, targets: v1}]");
        await().until(() ->
                output.getAll().contains("names[0].name: v2 (expected: a name that is no model of pool canary)"));
        assertThat(chat(gateway, "chat", "s").statusCode()).isEqualTo(200);

        Path looping = Files.writeString(file("looping"), "names: [{name: a, targets: b}, {name: b, targets: a}]");
        assertThatThrownBy(() -> RunningGateway.start(
                        "warmlane.endpoints=" + stable.uri(), "warmlane.model-names.file=" + looping))
                .hasStackTraceContaining("name: a leads to itself: a -> b -> a");
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
            Awaited.result(socket.socket().sendClose(WebSocket.NORMAL_CLOSURE, ""));
        }
        assertThat(canary.stats().requests()).isEqualTo(3);
    }

    @Test
    void theNextModelServesWhereNoEndpointOfTheFirstIsSelectable() throws IOException {
        RunningGateway gateway = gateway("names: [{name: chat, targets: v2, fallback: [v3, v1]}]");
        String fallbacks = "warmlane_model_fallbacks_total{name=\"chat\"}";
        double before = metric(gateway, fallbacks);
        assertThat(served(chat(gateway, "chat", "s"))).isEqualTo("v2");
        URI faults = canary.uri().resolve("/simulator/faults");
        for (String fault : List.of("{\"status\":503}", "{\"zeroTokenAbort\":true}")) {
            client.post(faults, fault, Map.of());
            HttpResponse<String> response = chat(gateway, "chat", "s");
            assertThat(response.statusCode()).as(fault).isEqualTo(200);
            assertThat(served(response)).as(fault).isEqualTo("v1");
        }
        client.post(faults, "{}", Map.of());
        assertThat(served(chat(gateway, "chat", "s"))).isEqualTo("v2");
        canary.stop();
        // At once, while the gateway still believes that it is there, and when it knows better.
        for (int i = 0; i < 20; i++) {
            HttpResponse<String> response = chat(gateway, "chat", "s" + i);
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            assertThat(served(response)).isEqualTo("v1");
            assertThat(response.headers().firstValue("x-should-retry")).isEmpty();
        }
        await().untilAsserted(() -> assertThat(metric(gateway, fallbacks)).isEqualTo(before + 22));
    }

    @Test
    void theNextModelServesWhereTheQueueOfTheFirstIsFull() throws IOException {
        try (HandDrivenEngine full = HandDrivenEngine.start()) {
            RunningGateway gateway =
                    narrow("names: [{name: chat, targets: m, fallback: v1}]", stable.uri(), full.uri());
            CompletableFuture<HttpResponse<String>> first =
                    CompletableFuture.supplyAsync(() -> chat(gateway, "chat", "first"));
            HandDrivenEngine.Exchange busy = full.next();
            assertThat(busy.request().text()).contains("{\"model\":\"m\", \"messages\":");
            assertThat(served(chat(gateway, "chat", "second"))).isEqualTo("v1");
            busy.answer("200 OK", "{}");
            assertThat(served(Awaited.result(first))).isEqualTo("m");
        }
    }

    @Test
    void onlyTheNameIsReplacedHoweverTheBodyIsWritten() throws IOException {
        try (HandDrivenEngine engine = HandDrivenEngine.start()) {
            RunningGateway gateway = gateway("names: [{name: chät, targets: m}]", stable.uri(), engine.uri());
            CompletableFuture<HttpResponse<String>> answer = CompletableFuture.supplyAsync(() -> client.post(
                    gateway.uri("/v1/chat/completions"),
                    "{ \"messages\" : [ {\"role\":\"user\",\"content\":\"model: chät\"} ],\n\t\"mod\\u0065l\" : \"ch\\u00e4t\" ,\"n\":1.0}",
                    Map.of()));
            HandDrivenEngine.Exchange exchange = engine.next();
            exchange.answer("200 OK", "{}");
            assertThat(Awaited.result(answer).statusCode()).isEqualTo(200);
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
                "with-keys",
                "names: [{name: chat, targets: v2, fallback: v1}]",
                List.of(stable.uri()),
                List.of(canary.uri()),
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
            RunningGateway gateway = gateway(
                    "names: [{name: chat, targets: v1, mirror: {model: m, max-in-flight: 1, timeout: 1m}}]",
                    stable.uri(),
                    second.uri());
            double skipped = mirrored(gateway, "skipped");
            double cancelled = mirrored(gateway, "cancelled");
            double mirroredWell = mirrored(gateway, "served");
            double ofStable = metric(gateway, "warmlane_requests_total{pool=\"stable\",result=\"2xx\"}");
            double ofCanary = metric(gateway, "warmlane_requests_total{pool=\"canary\"");
            assertThat(served(chat(gateway, "chat", "s"))).isEqualTo("v1");
            HandDrivenEngine.Exchange mirrored = second.next();
            assertThat(mirrored.request().text()).contains("{\"model\":\"m\", \"messages\":");
            assertThat(mirrored.request().header("x-session-id")).isEqualTo("s");
            // It has not answered, and no more than one at a time is sent.
            assertThat(served(chat(gateway, "chat", "s"))).isEqualTo("v1");
            await().until(() -> mirrored(gateway, "skipped") == skipped + 1);
            mirrored.answer("200 OK", "{}");
            await().until(() -> mirrored(gateway, "served") == mirroredWell + 1);

            write(
                    gateway,
                    "plain",
                    "names: [{name: chat, targets: v1, mirror: {model: m, max-in-flight: 1, timeout: 0.1s}}]");
            for (int over = 1; over <= 2; over++) {
                assertThat(served(chat(gateway, "chat", "s"))).isEqualTo("v1");
                second.next();
                // Its time is over: it is cancelled, and the next may go.
                double cancelledByNow = cancelled + over;
                await().until(() -> mirrored(gateway, "cancelled") == cancelledByNow);
            }
            await().untilAsserted(() -> {
                assertThat(metric(gateway, "warmlane_requests_total{pool=\"stable\",result=\"2xx\"}"))
                        .isEqualTo(ofStable + 4);
                assertThat(metric(gateway, "warmlane_requests_total{pool=\"canary\""))
                        .isEqualTo(ofCanary);
            });
            assertThat(second.requests()).isZero();
        }
    }

    @Test
    void aCopyThatMemoryIsTooShortForIsCounted() throws IOException {
        HandDrivenEngine first = HandDrivenEngine.start();
        HandDrivenEngine second = HandDrivenEngine.start();
        RunningGateway gateway = narrow(
                "names: [{name: chat, targets: {model: m, pool: stable}, mirror: {model: m, pool: canary}}]",
                first.uri(),
                second.uri());
        double skipped = mirrored(gateway, "skipped");
        double refused = metric(gateway, "warmlane_buffered_body_refusals_total");
        try (first;
                second;
                Wire asking = Wire.to(gateway.port());
                Wire slow = Wire.to(gateway.port())) {
            asking.send(request(300, "{\"model\":\"chat\",\"prompt\":\"hi\"}%270s".formatted("")));
            HandDrivenEngine.Exchange served = first.next();
            slow.send(request(700, " ".repeat(350)));
            await().untilAsserted(() ->
                    assertThat(metrics(gateway)).containsPattern("warmlane_buffered_body_bytes (9[0-9]{2}|1[0-9]{3})"));
            served.answer("200 OK", "{}");
            assertThat(asking.readMessage().status()).isEqualTo(200);
            await().until(() -> mirrored(gateway, "skipped") == skipped + 1);
            assertThat(second.requests()).isZero();
            assertThat(metric(gateway, "warmlane_buffered_body_refusals_total"))
                    .as("no client was refused")
                    .isEqualTo(refused);
        }
    }

    @Test
    void aCopyWhoseResponseBreaksOffWasTakenAndFailsOnce() throws IOException {
        try (HandDrivenEngine second = HandDrivenEngine.start()) {
            RunningGateway gateway =
                    gateway("names: [{name: chat, targets: v1, mirror: {model: m}}]", stable.uri(), second.uri());
            Router router = gateway.bean(Pools.class).get("canary").router();
            EndpointId endpoint = router.pool().snapshot().endpoints().get(0).id();
            double failed = mirrored(gateway, "failed");
            for (int status : List.of(200, 500)) {
                assertThat(served(chat(gateway, "chat", "s"))).isEqualTo("v1");
                try (HandDrivenEngine.Exchange copy = second.next()) {
                    copy.begin(status + " Whatever");
                    copy.wire().sendChunk("begun");
                }
                double errors = status == 200 ? 1 : 2;
                await().untilAsserted(() -> {
                    assertThat(mirrored(gateway, "failed")).isEqualTo(failed + errors);
                    assertThat(router.inFlight().requests(endpoint)).isZero();
                });
                assertThat((double) router.tallies().of(endpoint).errors()).isEqualTo(errors);
                assertThat(router.log().newest().get(0).status()).isEqualTo(status);
            }
            assertThat(router.tallies().of(endpoint).movedOn()).isZero();
        }
    }

    private static String request(int announced, String body) {
        return "POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: "
                + announced + "\r\n\r\n" + body;
    }

    @Test
    void metricsAndAccessLogTellWhatServed() throws IOException {
        RunningGateway gateway = narrow("names: [{name: told, targets: v1}]", stable.uri(), canary.uri());
        String served = "warmlane_model_requests_total{model=\"v1\",result=\"2xx\"}";
        String unknown = "warmlane_model_requests_total{model=\"other\",result=\"4xx\"}";
        String tokens = "warmlane_model_tokens_total{kind=\"prompt\",model=\"v1\"}";
        double servedBefore = metric(gateway, served);
        double unknownBefore = metric(gateway, unknown);
        double tokensBefore = metric(gateway, tokens);
        chat(gateway, "told", "s");
        chat(gateway, "v1", "s");
        chat(gateway, "nobody-has-it", "s");
        await().untilAsserted(() -> {
            assertThat(metric(gateway, served)).isEqualTo(servedBefore + 2);
            assertThat(metric(gateway, unknown)).isEqualTo(unknownBefore + 1);
            assertThat(metric(gateway, tokens)).isGreaterThan(tokensBefore);
            assertThat(metrics(gateway)).doesNotContain("nobody-has-it");
        });
        await().untilAsserted(() -> assertThat(Files.readString(accessLog()))
                .contains("\"model\":\"told\",\"served_model\":\"v1\"")
                .contains("\"model\":\"v1\",\"result\""));
    }

    /** A pod of the pool after the other is replaced by one with the next version, under load. */
    @Test
    void aPoolIsRolledFromOneModelToTheNextAndNoRequestFails() throws Exception {
        ServerOptions unhurried = INSTANT.withEngine(UNHURRIED).withOutputTokens(2);
        List<SimulatedServer> pods = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            pods.add(SimulatedServer.start(unhurried.withModels(new Models("old", List.of(), 4096))));
        }
        RunningGateway gateway = gateway(
                "names: [{name: chat, targets: new, fallback: old}]",
                pods.stream().map(SimulatedServer::uri).toList(),
                List.of(canary.uri()));
        ServedModels models = gateway.bean(ServedModels.class);
        Map<String, List<String>> servedBySession = new ConcurrentHashMap<>();
        List<String> failures = Collections.synchronizedList(new ArrayList<>());
        AtomicIntegerArray answered = new AtomicIntegerArray(8);
        AtomicBoolean rolled = new AtomicBoolean();
        ExecutorService clients = Executors.newFixedThreadPool(8);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                int client = i;
                String session = "session-" + i;
                running.add(clients.submit(() -> {
                    while (!rolled.get()) {
                        HttpResponse<String> response = chat(gateway, "chat", session);
                        answered.incrementAndGet(client);
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
                // No request is to meet more than one pod that ends: it would run out of attempts.
                awaitTwoMore(answered);
                int port = pods.get(i).port();
                pods.get(i).close();
                pods.set(
                        i,
                        SimulatedServer.start(
                                unhurried.withModels(new Models("new", List.of(), 4096)), "127.0.0.1", port));
                int left = 3 - i;
                await().until(() -> models.catalog().lacking("stable", "new").size() == left
                        && endpoints(gateway, "stable").snapshot().selectable().size() == 4);
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

    private static void awaitTwoMore(AtomicIntegerArray answered) {
        int[] before = IntStream.range(0, answered.length()).map(answered::get).toArray();
        await().until(() -> IntStream.range(0, before.length).allMatch(i -> answered.get(i) >= before[i] + 2));
    }

    private double mirrored(RunningGateway gateway, String result) {
        return metric(gateway, "warmlane_mirrored_requests_total{pool=\"canary\",result=\"" + result + "\"}");
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

    /** The sum of all series that begin so; 0 if there are none. */
    private double metric(RunningGateway gateway, String series) {
        return metrics(gateway)
                .lines()
                .filter(line -> line.startsWith(series))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    private static Path file(String name) {
        return folder.resolve(name + ".yaml");
    }

    private static Path accessLog() {
        return folder.resolve("access.log");
    }

    private static EndpointPool endpoints(RunningGateway gateway, String pool) {
        return gateway.bean(Pools.class).get(pool).endpoints();
    }

    private RunningGateway gateway(String names) throws IOException {
        return gateway(names, stable.uri(), canary.uri());
    }

    private static RunningGateway gateway(String names, URI first, URI second) throws IOException {
        return gateway(names, List.of(first), List.of(second));
    }

    private static RunningGateway gateway(String names, List<URI> first, List<URI> second) throws IOException {
        return start(
                "plain",
                names,
                first,
                second,
                "warmlane.scrape.interval=100ms",
                "warmlane.scrape.models-interval=200ms");
    }

    /** One with an access log whose endpoints take one request at a time, and that has no room for others or for much of them. */
    private static RunningGateway narrow(String names, URI first, URI second) throws IOException {
        return start(
                "narrow",
                names,
                List.of(first),
                List.of(second),
                "warmlane.queue.max-requests-per-endpoint=1",
                "warmlane.queue.max-entries=0",
                "warmlane.limits.body=1KB",
                "warmlane.limits.buffered-bodies=1KB",
                "warmlane.access-log.target=" + accessLog(),
                "warmlane.pools[1].unknown-models=pass");
    }

    /** The one with these settings, with these names alone, once it knows what the two pools serve from now on. */
    private static RunningGateway start(
            String file, String names, List<URI> first, List<URI> second, String... settings) throws IOException {
        if (!Files.exists(file(file))) {
            Files.writeString(file(file), "names: []");
        }
        List<String> all = new ArrayList<>(List.of(settings));
        all.add("warmlane.pools[0].name=stable");
        all.add("warmlane.pools[0].endpoints=http://127.0.0.1:1");
        all.add("warmlane.pools[1].name=canary");
        all.add("warmlane.pools[1].endpoints=http://127.0.0.1:2");
        all.add("warmlane.health.slow-start=0s");
        all.add("warmlane.model-names.file=" + file(file));
        all.add("warmlane.model-names.reload=50ms");
        RunningGateway gateway = GATEWAYS.with(all.toArray(String[]::new));
        gateway.replaceEndpoints("stable", first.stream().map(URI::toString).toList());
        gateway.replaceEndpoints("canary", second.stream().map(URI::toString).toList());
        write(gateway, file, names);
        return gateway;
    }

    /** Returns when the gateway has read these names. */
    private static void write(RunningGateway gateway, String file, String names) throws IOException {
        ServedModels models = gateway.bean(ServedModels.class);
        ModelNames before = models.names();
        Files.writeString(file(file), names + "\n# content " + FILES_WRITTEN.incrementAndGet());
        await().until(() -> models.names() != before);
    }
}
