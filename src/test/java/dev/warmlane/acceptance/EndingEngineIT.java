package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.harness.Awaited;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SimulatorProcess;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** What requests notice of an engine's process that is told to end, is stopped, or sleeps: nothing, if they wait for a byte. The end comes last. */
@Tag("processes")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class EndingEngineIT {
    private static final String PATH = "/v1/completions";
    private static final String SHORT = "{\"prompt\":\"hi\",\"max_tokens\":2}";
    private static final String LONG = "{\"prompt\":\"hi\",\"max_tokens\":10000,\"stream\":true}";

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private SimulatorProcess process;
    private URI engine;
    private SimulatedFleet others;
    private RunningGateway gateway;

    @BeforeAll
    void start(@TempDir Path directory) {
        process = SimulatorProcess.start(directory, "--shutdown-ms=60000");
        others = SimulatedFleet.start(FleetOptions.instant(2));
        engine = process.uri();
        List<URI> uris = List.of(engine, others.uris().get(0), others.uris().get(1));
        gateway = RunningGateway.start(
                        "warmlane.endpoints="
                                + String.join(
                                        ",", uris.stream().map(URI::toString).toList()),
                        "warmlane.health.interval=200ms",
                        "warmlane.health.timeout=400ms",
                        "warmlane.health.suspect-after=150ms",
                        "warmlane.health.refused-idle-timeout=300ms",
                        "warmlane.scrape.interval=100ms")
                .ready();
    }

    @AfterAll
    void stop() {
        gateway.close();
        others.close();
        process.close();
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void onlyStreamsThatHaveBegunEndWithAnEngineThatIsToldToEnd() {
        HttpResponse<Stream<String>> stream = stream("begun-0");
        for (int i = 1; !endpoint(stream).equals(engine); i++) {
            stream.body().close();
            stream = stream("begun-" + i);
        }
        process.signal("TERM");
        for (int i = 0; i < 60; i++) {
            HttpResponse<String> response = Awaited.result(send("during-" + i, SHORT));
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        }
        List<String> lines = stream.body().toList();
        assertThat(lines).last().asString().isEmpty();
        assertThat(String.join("\n", lines)).contains("data: {\"error\":").doesNotContain("[DONE]");
        assertThat(process.isAlive()).isTrue();
        await().until(() -> state() == EndpointState.EJECTED);
        await().until(() -> gateway.inFlight() == 0);
    }

    @Test
    void whatWaitsAtAnEngineWhoseProcessStandsStillIsServedByAnotherAndItIsAvoidedUntilItGoesOn() {
        List<CompletableFuture<HttpResponse<String>>> waiting = new ArrayList<>();
        process.signal("STOP");
        // Until the gateway notices, some of them go there and wait.
        for (int i = 0; i < 30; i++) {
            waiting.add(send("waits-" + i, SHORT));
        }
        await().until(() -> state() == EndpointState.SUSPECT);
        for (int i = 0; i < 12; i++) {
            waiting.add(send("stopped-" + i, SHORT));
        }
        for (CompletableFuture<HttpResponse<String>> response : waiting) {
            assertThat(Awaited.result(response).statusCode())
                    .as(Awaited.result(response).body())
                    .isEqualTo(200);
            assertThat(endpoint(Awaited.result(response))).isNotEqualTo(engine);
        }
        process.signal("CONT");
        await().until(() -> state().acceptsNew());
        await().until(() -> endpoint(Awaited.result(send("on-" + System.nanoTime(), SHORT))), engine::equals);
    }

    @Test
    void anEngineThatSleepsGetsNothingUntilItIsAwake() throws Exception {
        http.send(
                HttpRequest.newBuilder(engine.resolve("/sleep"))
                        .POST(BodyPublishers.noBody())
                        .build(),
                BodyHandlers.discarding());
        await().until(() -> state() == EndpointState.SLEEPING);
        for (int i = 0; i < 12; i++) {
            assertThat(endpoint(Awaited.result(send("asleep-" + i, SHORT)))).isNotEqualTo(engine);
        }
        http.send(
                HttpRequest.newBuilder(engine.resolve("/wake_up"))
                        .POST(BodyPublishers.noBody())
                        .build(),
                BodyHandlers.discarding());
        await().until(() -> endpoint(Awaited.result(send("awake-" + System.nanoTime(), SHORT))), engine::equals);
    }

    private HttpResponse<Stream<String>> stream(String session) {
        return Awaited.result(http.sendAsync(request(session, LONG), BodyHandlers.ofLines()));
    }

    private HttpRequest request(String session, String body) {
        return ChatClient.request(gateway.uri(PATH), Map.of("x-session-id", session))
                .POST(BodyPublishers.ofString(body))
                .build();
    }

    private CompletableFuture<HttpResponse<String>> send(String session, String body) {
        return http.sendAsync(request(session, body), BodyHandlers.ofString());
    }

    private static URI endpoint(HttpResponse<?> response) {
        return URI.create(
                "http://" + response.headers().firstValue("x-warmlane-endpoint").orElseThrow());
    }

    private EndpointState state() {
        return gateway.bean(Pools.class).get("default").endpoints().snapshot().endpoints().stream()
                .filter(endpoint -> endpoint.uri().equals(engine))
                .findFirst()
                .orElseThrow()
                .state();
    }
}
