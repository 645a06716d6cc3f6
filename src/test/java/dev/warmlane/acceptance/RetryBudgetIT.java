package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.tools.simulator.Faults;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.ServerOptions.Models;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.SimulatedServer;
import dev.warmlane.tools.simulator.engine.EngineModel;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Retries that an endpoint's response has caused are limited; those of an endpoint that is not there are not. */
class RetryBudgetIT {
    private static final String BODY = ChatClient.body("hello");

    private final ChatClient client = new ChatClient();

    @Test
    void answersOfStrugglingEndpointsAreRetriedWithinTheBudgetAndConnectionsThatFailAlways() {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2));
                RunningGateway gateway = RunningGateway.inFrontOf(
                        fleet,
                        "warmlane.retry.budget=0",
                        "warmlane.retry.budget-min=1",
                        "warmlane.outlier.enabled=false")) {
            SimulatedServer home = fleet.server(0);
            List<String> sessions = sessionsOf(home, gateway);
            SimulatedServer other = fleet.server(1);
            home.faults(Faults.builder().status(503).build());
            other.faults(Faults.builder().status(503).build());
            assertThat(chat(gateway, sessions.get(3)).statusCode())
                    .as("more than one endpoint fails")
                    .isEqualTo(503);
            other.faults(Faults.builder().hang(true).build());

            try (Wire retrying = Wire.to(gateway.port())) {
                retrying.send(
                        "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
                                + "x-session-id: " + sessions.get(0) + "\r\nContent-Length: " + BODY.length()
                                + "\r\n\r\n"
                                + BODY);
                await().until(() -> other.stats().inFlight() == 1);
                other.faults(Faults.NONE);

                HttpResponse<String> refused = chat(gateway, sessions.get(1));
                assertThat(refused.statusCode()).isEqualTo(503);
                assertThat(refused.body()).contains("Simulated fault.");
                assertThat(refused.headers().firstValue("x-should-retry")).contains("false");
                assertThat(exhausted(gateway)).isEqualTo(1);

                home.stop();
                assertThat(chat(gateway, sessions.get(2)).statusCode()).isEqualTo(200);
                home.restart();
                home.faults(Faults.builder().status(503).build());
            }
            await().until(() -> gateway.inFlight() == 0);
            assertThat(chat(gateway, sessions.get(1)).statusCode())
                    .as("the client that left has given its part back")
                    .isEqualTo(200);
            assertThat(exhausted(gateway)).isEqualTo(1);
        }
    }

    @Test
    void aRequestThatAnotherModelServesHasLeftTheBudgetOfTheFirst(@TempDir Path folder) throws IOException {
        Path names =
                Files.writeString(folder.resolve("names.yaml"), "names: [{name: chat, targets: v1, fallback: v2}]");
        try (SimulatedServer one = serving("v1");
                SimulatedServer two = serving("v1");
                SimulatedServer fallback = serving("v2");
                RunningGateway gateway = RunningGateway.start(
                        "warmlane.pools[0].name=first",
                        "warmlane.pools[0].endpoints=" + one.uri() + "," + two.uri(),
                        "warmlane.pools[1].name=second",
                        "warmlane.pools[1].endpoints=" + fallback.uri(),
                        "warmlane.model-names.file=" + names,
                        "warmlane.retry.budget=0",
                        "warmlane.retry.budget-min=1",
                        "warmlane.outlier.enabled=false")) {
            await().until(() ->
                    gateway.bean(ServedModels.class).catalog().models().containsAll(Set.of("v1", "v2")));
            String body = "{\"model\":\"chat\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";
            one.faults(Faults.builder().status(503).build());
            two.faults(Faults.builder().status(503).build());
            assertThat(client.post(gateway.uri("/v1/chat/completions"), body, Map.of())
                            .statusCode())
                    .as("both fail, and the other model serves it")
                    .isEqualTo(200);
            fallback.faults(Faults.builder().hang(true).build());
            try (Wire served = Wire.to(gateway.port())) {
                served.send("POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
                        + "Content-Length: " + body.length() + "\r\n\r\n" + body);
                await().until(() -> fallback.stats().inFlight() == 1);
                fallback.faults(Faults.NONE);
                long asked = one.stats().requests() + two.stats().requests();
                assertThat(client.post(gateway.uri("/v1/chat/completions"), body, Map.of())
                                .statusCode())
                        .isEqualTo(200);
                assertThat(one.stats().requests() + two.stats().requests())
                        .as("both were asked")
                        .isEqualTo(asked + 2);
                assertThat(exhausted(gateway)).isZero();
            }
        }
    }

    private static SimulatedServer serving(String model) {
        return SimulatedServer.start(
                ServerOptions.DEFAULTS.withEngine(EngineModel.INSTANT).withModels(new Models(model, List.of(), 4096)));
    }

    /** Four sessions that are bound to this server. */
    private List<String> sessionsOf(SimulatedServer server, RunningGateway gateway) {
        List<String> sessions = new ArrayList<>();
        for (int i = 0; sessions.size() < 4; i++) {
            String session = "session-" + i;
            HttpResponse<String> response = chat(gateway, session);
            if (response.headers()
                    .firstValue("x-warmlane-endpoint")
                    .orElseThrow()
                    .equals(server.uri().getAuthority())) {
                sessions.add(session);
            }
        }
        return sessions;
    }

    private HttpResponse<String> chat(RunningGateway gateway, String session) {
        return client.post(gateway.uri("/v1/chat/completions"), BODY, Map.of("x-session-id", session));
    }

    private static double exhausted(RunningGateway gateway) {
        return gateway.bean(MeterRegistry.class).get("warmlane.retry.budget.exhausted").counters().stream()
                .mapToDouble(Counter::count)
                .sum();
    }
}
