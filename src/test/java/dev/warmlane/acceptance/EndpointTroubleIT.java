package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.health.EndpointHealth.Healthy;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.harness.Awaited;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What requests get of an endpoint that hangs, ends, sleeps or is full, while there are others. */
class EndpointTroubleIT {
    private static final String JSON = "\r\nContent-Type: application/json";
    private static final String ENDING = "{\"error\":{\"message\":\"cannot schedule new futures after shutdown\","
            + "\"type\":\"InternalServerError\",\"param\":null,\"code\":500}}";
    private static final String FULL =
            "{\"error\":{\"message\":\"The engine is currently busy and cannot accept new requests. "
                    + "Please try again later or on a different instance.\",\"type\":\"Service Unavailable\",\"code\":503}}";

    private static final String[] SETTINGS = {
        // Ejection by checks is not what helps here.
        "warmlane.health.fall=1000",
        "warmlane.outlier.consecutive-failures=5",
        "warmlane.outlier.min-requests=1000",
        "warmlane.health.interval=200ms",
        "warmlane.health.timeout=400ms",
        "warmlane.health.suspect-after=150ms",
        "warmlane.health.refused-idle-timeout=300ms",
        // A busy machine may be late with the connection that shows whether a server listens.
        "warmlane.upstream.refusal-timeout=30s",
        "warmlane.scrape.interval=100ms",
        "warmlane.retry.budget=0",
        "warmlane.retry.budget-min=0"
    };
    private static final SharedGateways GATEWAYS = new SharedGateways(RunningGateway::start);

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<HandDrivenEngine> engines = new ArrayList<>();
    private RunningGateway gateway;

    @BeforeEach
    void start() {
        for (int i = 0; i < 4; i++) {
            engines.add(HandDrivenEngine.start());
        }
        gateway = GATEWAYS.inFrontOf(uris(), SETTINGS);
    }

    private List<String> uris() {
        return engines.stream().map(engine -> engine.uri().toString()).toList();
    }

    @AfterEach
    void stop() {
        engines.forEach(HandDrivenEngine::close);
    }

    @AfterAll
    static void closeGateway() {
        GATEWAYS.close();
    }

    @Test
    void newRequestsAvoidAnEndpointThatHangsUntilItIsHeardAgain() {
        HandDrivenEngine hung = engines.get(0);
        hung.hang(true);
        await().until(() -> state(hung) == EndpointState.SUSPECT);
        for (int i = 0; i < 12; i++) {
            CompletableFuture<HttpResponse<String>> response = send("hung-" + i);
            next(1, 2, 3).answer("200 OK" + JSON, "{}");
            assertThat(Awaited.result(response).statusCode()).isEqualTo(200);
        }
        hung.hang(false);
        await().until(() -> state(hung) == EndpointState.READY);
    }

    @Test
    void whenMostHangNoneIsSuspected() {
        engines.forEach(engine -> engine.hang(true));
        await().during(Duration.ofSeconds(1))
                .until(() -> engines.stream().noneMatch(engine -> state(engine) == EndpointState.SUSPECT));
    }

    @Test
    void whatWaitsStaysWhenMostHang() {
        CompletableFuture<HttpResponse<String>> response = send("waits");
        Exchange waiting = next(0, 1, 2, 3);
        // Its own last: were it the first, a busy machine could find that one alone to hang.
        engines.stream().filter(engine -> engine != engine(waiting)).forEach(engine -> engine.hang(true));
        engine(waiting).hang(true);
        await().during(Duration.ofSeconds(1)).until(() -> !response.isDone());
        waiting.answer("200 OK" + JSON, "{}");
        assertThat(Awaited.result(response).statusCode()).isEqualTo(200);
    }

    @Test
    void whatWaitsAtAnEndpointThatHangsGoesToAnother() {
        CompletableFuture<HttpResponse<String>> response = send("waits");
        Exchange waiting = next(0, 1, 2, 3);
        HandDrivenEngine hung = engine(waiting);
        hung.hang(true);
        Exchange moved = await().until(this::any, found -> found != null);
        assertThat(engine(moved)).isNotSameAs(hung);
        moved.answer("200 OK" + JSON, "{}");
        assertThat(Awaited.result(response).statusCode()).isEqualTo(200);
        waiting.wire().awaitClosed();
    }

    @Test
    void whatWaitsAtAnEndpointThatRefusesGoesToAnother() {
        CompletableFuture<HttpResponse<String>> response = send("waits");
        Exchange waiting = next(0, 1, 2, 3);
        // The head of a stream is held until the first token, so this is nothing that the client has.
        waiting.begin("200 OK\r\nContent-Type: text/event-stream");
        engine(waiting).stopListening();
        Exchange moved = await().until(this::any, found -> found != null);
        moved.answer("200 OK" + JSON, "{}");
        assertThat(Awaited.result(response).statusCode()).isEqualTo(200);
    }

    @Test
    void aStreamThatFallsSilentWhenItsEndpointRefusesEndsWithAnError() {
        try (Wire client = Wire.to(gateway.port())) {
            String body = "{\"model\":\"m\",\"stream\":true,\"prompt\":\"Hi\"}";
            client.send(
                    "POST /v1/completions HTTP/1.1\r\nHost: g\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
            Exchange upstream = next(0, 1, 2, 3);
            upstream.begin("200 OK\r\nContent-Type: text/event-stream");
            upstream.wire().sendChunk("data: {\"choices\":[{\"text\":\"a\"}]}\n\n");
            assertThat(client.readHead().status()).isEqualTo(200);
            assertThat(client.readChunkText()).contains("\"a\"");
            engine(upstream).stopListening();
            assertThat(client.readChunkText()).contains("data: {\"error\":", "upstream_timeout");
            await().until(() -> gateway.inFlight() == 0);
        }
    }

    @ParameterizedTest
    @CsvSource({"500, true, true", "503, true, false", "503, false, true"})
    void whatAnEndpointRefusesThatIsFullOrEndsGoesToAnother(int status, boolean known, boolean blamed) {
        // It moves as the only one that has failed lately, so this pool has seen no other test.
        gateway = GATEWAYS.with(
                Stream.concat(Stream.of(SETTINGS), Stream.of("warmlane.endpoints=" + String.join(",", uris())))
                        .toArray(String[]::new));
        gateway.ready();
        String body = status == 500 ? ENDING : known ? FULL : "{}";
        HandDrivenEngine refusing = null;
        for (int i = 0; i < 80; i++) {
            CompletableFuture<HttpResponse<String>> response = send("refused-" + i);
            Exchange first = next(0, 1, 2, 3);
            refusing = refusing == null ? engine(first) : refusing;
            if (engine(first) == refusing) {
                first.answer(status + " No" + JSON, body);
                first = next(0, 1, 2, 3);
                assertThat(engine(first)).isNotSameAs(refusing);
            }
            first.answer("200 OK" + JSON, "{}");
            assertThat(Awaited.result(response).statusCode()).isEqualTo(200);
        }
        assertThat(pool().health().of(endpoint(refusing).id()) instanceof Healthy)
                .isEqualTo(!blamed);
    }

    @Test
    void whereAllAreFullNoneIsEjectedForIt() {
        for (int i = 0; i < 40; i++) {
            CompletableFuture<HttpResponse<String>> response = send("full-" + i);
            await().until(() -> {
                Exchange refused = any();
                if (refused != null) {
                    refused.answer("503 No" + JSON, FULL);
                }
                return response.isDone();
            });
            assertThat(Awaited.result(response).statusCode()).isEqualTo(503);
            assertThat(Awaited.result(response).body()).isEqualTo(FULL);
        }
        assertThat(engines)
                .allMatch(engine -> pool().health().of(endpoint(engine).id()) instanceof Healthy);
    }

    @Test
    void anErrorOfAServerAtWorkPasses() {
        CompletableFuture<HttpResponse<String>> response = send("one");
        next(0, 1, 2, 3).answer("500 Internal Server Error" + JSON, "{\"error\":\"cannot compute\"}");
        assertThat(Awaited.result(response).statusCode()).isEqualTo(500);
        assertThat(Awaited.result(response).body()).isEqualTo("{\"error\":\"cannot compute\"}");
    }

    @Test
    void anErrorOfAServerThatThenRefusesGoesToAnother() {
        CompletableFuture<HttpResponse<String>> response = send("one");
        Exchange first = next(0, 1, 2, 3);
        engine(first).stopListening();
        first.answer("500 Internal Server Error" + JSON, "{\"error\":\"whatever\"}");
        next(0, 1, 2, 3).answer("200 OK" + JSON, "{}");
        assertThat(Awaited.result(response).statusCode()).isEqualTo(200);
    }

    @Test
    void anEngineThatSleepsGetsNothingUntilItIsAwake() {
        HandDrivenEngine sleeper = engines.get(0);
        sleeper.metrics("vllm:engine_sleep_state{engine=\"0\",model_name=\"m\",sleep_state=\"awake\"} 0.0\n");
        await().until(() -> state(sleeper) == EndpointState.SLEEPING);
        for (int i = 0; i < 12; i++) {
            CompletableFuture<HttpResponse<String>> response = send("asleep-" + i);
            next(1, 2, 3).answer("200 OK" + JSON, "{}");
            assertThat(Awaited.result(response).statusCode()).isEqualTo(200);
        }
        sleeper.metrics("vllm:engine_sleep_state{engine=\"0\",model_name=\"m\",sleep_state=\"awake\"} 1.0\n");
        await().until(() -> state(sleeper) == EndpointState.READY);
    }

    private CompletableFuture<HttpResponse<String>> send(String session) {
        HttpRequest request = ChatClient.request(gateway.uri("/v1/completions"), Map.of("x-session-id", session))
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"m\",\"prompt\":\"Hi\"}"))
                .build();
        return http.sendAsync(request, HttpResponse.BodyHandlers.ofString());
    }

    /** The next request that one of these gets; no other gets any. */
    private Exchange next(Integer... ofEngines) {
        Exchange exchange = await().until(this::any, found -> found != null);
        assertThat(engines.indexOf(engine(exchange))).isIn((Object[]) ofEngines);
        return exchange;
    }

    private Exchange any() {
        return engines.stream()
                .map(HandDrivenEngine::poll)
                .filter(found -> found != null)
                .findFirst()
                .orElse(null);
    }

    private HandDrivenEngine engine(Exchange exchange) {
        WireMessage request = exchange.request();
        return engines.stream()
                .filter(engine ->
                        request.header("host").endsWith(":" + engine.uri().getPort()))
                .findFirst()
                .orElseThrow();
    }

    private Pool pool() {
        return gateway.bean(Pools.class).get("default");
    }

    private Endpoint endpoint(HandDrivenEngine engine) {
        return pool().endpoints().snapshot().endpoints().stream()
                .filter(endpoint -> endpoint.uri().getPort() == engine.uri().getPort())
                .findFirst()
                .orElseThrow();
    }

    private EndpointState state(HandDrivenEngine engine) {
        return endpoint(engine).state();
    }
}
