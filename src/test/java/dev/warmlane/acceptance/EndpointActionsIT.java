package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ApiDocument;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import tools.jackson.databind.JsonNode;

/** What operators can do with an endpoint, and what is told of it. */
@ExtendWith(OutputCaptureExtension.class)
class EndpointActionsIT {
    private static final SharedGateways GATEWAYS = new SharedGateways(RunningGateway::start);

    private final ChatClient client = new ChatClient();
    private SimulatedFleet fleet;
    private RunningGateway gateway;

    @BeforeEach
    void start() {
        fleet = SimulatedFleet.start(FleetOptions.demo(0, 2));
        gateway = GATEWAYS.inFrontOf(fleet, "warmlane.health.interval=100ms");
    }

    @AfterEach
    void stop() {
        fleet.close();
    }

    @AfterAll
    static void closeGateways() {
        GATEWAYS.close();
    }

    @Test
    void aDrainedEndpointFinishesWhatItHasAndGetsNothingMore(CapturedOutput output) throws Exception {
        HttpResponse<InputStream> running = HttpClient.newHttpClient()
                .send(
                        ChatClient.request(gateway.uri("/v1/chat/completions"), Map.of("x-session-id", "bound"))
                                .POST(BodyPublishers.ofString(
                                        ChatClient.body(List.of(Map.of("role", "user", "content", "hello")), true)))
                                .build(),
                        BodyHandlers.ofInputStream());
        String drained = running.headers().firstValue("x-warmlane-endpoint").orElseThrow();

        assertThat(order("drain", drained).at("/changed").asBoolean()).isTrue();

        assertThat(endpointsOf(10)).doesNotContain(drained);
        assertThat(endpoint("bound")).isNotEqualTo(drained);
        assertThat(new String(running.body().readAllBytes(), StandardCharsets.UTF_8))
                .endsWith("data: [DONE]\n\n");
        assertThat(state(drained)).isEqualTo("drained");
        assertThat(details(drained).at("/drainedAt").asString()).isNotEmpty();
        assertThat(output.getOut())
                .contains("audit: drain endpoint %s of pool default by 127.0.0.1".formatted(drained));

        order("readmit", drained);
        assertThat(state(drained)).isEqualTo("ready");
        await().untilAsserted(() -> assertThat(endpointsOf(10)).contains(drained));
    }

    @Test
    void noRequestIsServedByAPoolWhoseEndpointsAreAllDrained() {
        fleet.uris().forEach(uri -> order("drain", uri.getAuthority()));
        HttpResponse<String> refused =
                client.post(gateway.uri("/v1/chat/completions"), ChatClient.body("hello"), Map.of());
        assertThat(refused.statusCode()).isEqualTo(503);
    }

    @Test
    void anEjectedEndpointIsOutUntilItIsReadmitted() {
        String ejected = fleet.uris().get(0).getAuthority();
        order("eject", ejected);
        assertThat(client.getJson(gateway.management("/actuator/vllm/" + ejected))
                        .at("/ejection/reason")
                        .asString())
                .isEqualTo("operator");
        assertThat(endpointsOf(10)).doesNotContain(ejected);

        order("readmit", ejected);
        assertThat(state(ejected)).isEqualTo("ready");
    }

    @Test
    void forgottenPredictionsAreGone() {
        String prompt = ChatClient.text(2000, "instructions");
        client.post(gateway.uri("/v1/chat/completions"), ChatClient.body(prompt), Map.of());
        assertThat(matched(prompt)).isPositive();

        fleet.uris().forEach(uri -> order("forget", uri.getAuthority()));

        assertThat(matched(prompt)).isZero();
    }

    @Test
    void theLastCheckTellsItsAnswerAndTheEventsWhyItWasEjected() {
        String dead = fleet.uris().get(0).getAuthority();
        // Events are what differs from one second to the next, and this endpoint does not live for one.
        gateway = GATEWAYS.with(
                "warmlane.health.interval=100ms",
                "warmlane.endpoints=" + fleet.uris().get(0) + "," + fleet.uris().get(1));
        await().untilAsserted(() ->
                assertThat(details(dead).at("/lastCheck/answer").asString()).isEqualTo("200"));
        fleet.server(0).close();
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            assertThat(details(dead).at("/lastCheck/answer").asString()).contains("refused");
            assertThat(details(dead).at("/downSeconds").asDouble()).isPositive();
            String events = client.get(gateway.management("/dashboard/events?pool=default"))
                    .body();
            assertThat(events)
                    .contains(dead + " was ejected: health_check, connection refused", "endpoint-ejected began");
            assertThat(new ApiDocument().faults("get", "/dashboard/events", "application/json", events))
                    .isEmpty();
        });
        assertThat(new ApiDocument()
                        .faults(
                                "get",
                                "/dashboard/endpoint",
                                "application/json",
                                details(dead).toString()))
                .isEmpty();
    }

    @Test
    void whatIsNoOrderIsRefused() {
        assertThat(post("{\"pool\":\"default\",\"endpoint\":\"http://nobody\",\"action\":\"drain\"}"))
                .isEqualTo(404);
        assertThat(post("{\"pool\":\"default\",\"endpoint\":\"%s\",\"action\":\"explode\"}"
                        .formatted(fleet.uris().get(0))))
                .isEqualTo(400);
        assertThat(post("no order")).isEqualTo(400);
        assertThat(post("{}")).isEqualTo(400);
        assertThat(post("{\"pool\":\"default\",\"endpoint\":\" \",\"action\":\"drain\"}"))
                .isEqualTo(404);
    }

    private int post(String body) {
        return client.post(gateway.management("/dashboard/endpoint"), body, Map.of())
                .statusCode();
    }

    private JsonNode order(String action, String endpoint) {
        String body = "{\"pool\":\"default\",\"endpoint\":\"http://%s\",\"action\":\"%s\"}".formatted(endpoint, action);
        HttpResponse<String> response = client.post(gateway.management("/dashboard/endpoint"), body, Map.of());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return ChatClient.json(response);
    }

    private JsonNode details(String endpoint) {
        String id = URLEncoder.encode("http://" + endpoint, StandardCharsets.UTF_8);
        return client.getJson(gateway.management("/dashboard/endpoint?pool=default&endpoint=" + id));
    }

    private String state(String endpoint) {
        return client.getJson(gateway.management("/actuator/vllm/" + endpoint))
                .at("/state")
                .asString();
    }

    private long matched(String prompt) {
        URI decisions = gateway.management("/actuator/decisions");
        return ChatClient.json(client.post(decisions, ChatClient.body(prompt), Map.of()))
                .at("/matchedTokens")
                .asLong();
    }

    private Set<String> endpointsOf(int sessions) {
        Set<String> endpoints = new HashSet<>();
        for (int i = 0; i < sessions; i++) {
            endpoints.add(endpoint("session-" + System.nanoTime()));
        }
        return endpoints;
    }

    private String endpoint(String session) {
        return client.post(
                        gateway.uri("/v1/chat/completions"),
                        ChatClient.body("hello " + session),
                        Map.of("x-session-id", session))
                .headers()
                .firstValue("x-warmlane-endpoint")
                .orElse("none");
    }
}
