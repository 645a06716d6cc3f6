package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.ReportedEnds;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.harness.Wire;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpStatus;
import tools.jackson.databind.JsonNode;

/** What the access log says of requests of every fate, and what it does not. */
class AccessLogIT {
    private static final String SECRET = "the launch code is 0000 ";
    private static final String SESSION = "conversation-of-alice";

    private static final SharedGateways GATEWAYS = new SharedGateways(RunningGateway::start);

    @TempDir
    private static Path directory;

    private final ChatClient client = new ChatClient();
    /** By which the lines of one test are found. */
    private final Set<String> requestIds = new HashSet<>();

    private RunningGateway gateway;
    private Path log;

    @AfterAll
    static void closeGateways() {
        GATEWAYS.close();
    }

    private void start(String policy, List<String> endpoints) {
        log = directory.resolve(policy + ".log");
        gateway = GATEWAYS.inFrontOf(
                endpoints,
                "warmlane.access-log.target=" + log,
                "warmlane.routing.policy=" + policy,
                "warmlane.limits.body=8KB");
    }

    private void start(SimulatedFleet fleet) {
        start("expected-cost", fleet.uris().stream().map(URI::toString).toList());
    }

    /** Those of this test, once there are so many. */
    private List<JsonNode> lines(int count) {
        return await().until(this::lines, lines -> lines.size() >= count);
    }

    private List<JsonNode> lines() throws IOException {
        return ReportedEnds.wholeLines(log).stream()
                .map(ChatClient.JSON::readTree)
                .filter(line -> requestIds.contains(line.path("request_id").asString()))
                .toList();
    }

    private void post(String path, String body) {
        HttpResponse<String> response = client.post(gateway.uri(path), body, Map.of());
        requestIds.add(response.headers().firstValue("x-request-id").orElseThrow());
        // Clients read a response before its line is written, so one that comes next could have its line first.
        lines(requestIds.size());
    }

    private String request(String id, String body) {
        requestIds.add(id);
        return "POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nx-request-id: " + id
                + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    @ParameterizedTest
    @ValueSource(strings = {"expected-cost", "round-robin"})
    void saysWhatWasServedAndNothingOfWhoSaidWhat(String policy) throws IOException {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2))) {
            start(policy, fleet.uris().stream().map(URI::toString).toList());
            String body = ChatClient.body(SECRET.repeat(200));
            requestIds.add("id-1");
            Map<String, String> headers = Map.of("x-session-id", SESSION, "x-request-id", "id-1");
            client.post(gateway.uri("/v1/chat/completions"), body, headers);
            client.post(gateway.uri("/v1/chat/completions"), body, headers);

            JsonNode first = lines(2).get(0);
            assertThat(first.path("request_id").asString()).isEqualTo("id-1");
            assertThat(first.path("route").asString()).isEqualTo("generation");
            assertThat(first.path("pool").asString()).isEqualTo("default");
            assertThat(first.path("model").asString()).isEqualTo("Qwen/Qwen3-0.6B");
            assertThat(first.path("endpoint").asString()).startsWith("127.0.0.1:");
            assertThat(first.path("result").asString()).isEqualTo("2xx");
            assertThat(first.path("status").asInt()).isEqualTo(200);
            assertThat(first.path("retries").asInt()).isZero();
            int tokens = first.path("input_length").asInt();
            assertThat((double) first.path("prompt_bytes").asInt() / tokens).isCloseTo(4, within(0.2));
            assertThat(first.path("output_length").asInt()).isPositive();
            assertThat(first.path("duration_ms").asDouble())
                    .isGreaterThanOrEqualTo(first.path("ttft_ms").asDouble());
            assertThat(first.path("hash_ids").size()).isEqualTo(SECRET.length() * 200 / 2048);

            JsonNode second = lines(2).get(1);
            assertThat(second.path("session")).isEqualTo(first.path("session"));
            assertThat(second.path("hash_ids")).isEqualTo(first.path("hash_ids"));
            assertThat(Files.readString(log)).doesNotContain(SECRET, SESSION, "127.0.0.1\"");
        }
    }

    @Test
    void countsTheTokensOfAStreamThatReportsNoUsage() {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(1))) {
            start(fleet);
            post("/v1/chat/completions", ChatClient.body(List.of(Map.of("role", "user", "content", SECRET)), true));
            JsonNode line = lines(1).get(0);
            assertThat(line.path("output_length").asInt()).isPositive();
            assertThat(line.path("input_length").asInt()).isBetween(5, 25);
            assertThat(line.has("cached_tokens")).isFalse();
        }
    }

    @Test
    void predictsNoMoreTokensThanThePromptHad() {
        try (HandDrivenEngine engine = HandDrivenEngine.start()) {
            start("expected-cost", List.of(engine.uri().toString()));
            for (String id : List.of("short-1", "short-2")) {
                try (Wire client = Wire.to(gateway.port())) {
                    client.send(request(id, "{\"model\":\"m\",\"prompt\":\"" + SECRET.repeat(100) + "\"}"));
                    engine.next()
                            .answer(
                                    "200 OK\r\nContent-Type: application/json",
                                    "{\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1,"
                                            + "\"prompt_tokens_details\":{\"cached_tokens\":8}}}");
                    lines(requestIds.size());
                }
            }
            JsonNode second = lines(2).get(1);
            assertThat(second.path("input_length").asInt()).isEqualTo(9);
            assertThat(second.path("predicted_tokens").asInt()).isEqualTo(9);
        }
    }

    @Test
    void saysWhatWasRefused() throws IOException {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(1))) {
            start(fleet);
            post("/sleep", "{}");
            post("/v1/chat/completions", ChatClient.body("x".repeat(10_000)));
            post("/v1/chat/completions", "{\"model\":\"gpt\",\"prompt\":\"" + SECRET + "\"}");

            List<JsonNode> refused = lines(3);
            assertThat(refused)
                    .extracting(line -> line.path("status").asInt())
                    .containsExactly(404, HttpStatus.CONTENT_TOO_LARGE.value(), 404);
            assertThat(refused)
                    .extracting(line -> line.path("error").asString())
                    .containsExactly("unknown_path", "body_too_large", "model_not_found");
            assertThat(refused).allSatisfy(line -> {
                assertThat(line.path("result").asString()).isEqualTo("4xx");
                assertThat(line.has("endpoint")).isFalse();
            });
            assertThat(Files.readString(log)).doesNotContain(SECRET, "sleep");
        }
    }

    @Test
    void saysWhatFailedAndWhatItsClientLeft() {
        try (HandDrivenEngine engine = HandDrivenEngine.start()) {
            start("expected-cost", List.of(engine.uri().toString()));
            try (Wire leaving = Wire.to(gateway.port())) {
                leaving.send(request("left", "{\"model\":\"m\",\"prompt\":\"a\"}"));
                engine.next();
            }
            JsonNode left = lines(1).get(0);
            assertThat(left.path("result").asString()).isEqualTo("cancelled");
            assertThat(left.has("status")).isFalse();
            assertThat(left.has("endpoint")).isTrue();

            try (Wire waiting = Wire.to(gateway.port())) {
                waiting.send(request("broken", "{\"model\":\"m\",\"prompt\":\"a\",\"stream\":true}"));
                try (Exchange exchange = engine.next()) {
                    exchange.begin("200 OK\r\nContent-Type: text/event-stream");
                }
                lines(2);
            }
            JsonNode broken = lines(2).get(1);
            assertThat(broken.path("result").asString()).isEqualTo("failed");
            assertThat(broken.path("status").asInt()).isEqualTo(200);
        }
    }

    @Test
    void leavesTheManagementPortOutAndCountsItsLines() throws IOException {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(1))) {
            start(fleet);
            long before = allLines();
            client.get(gateway.management("/actuator/health"));
            client.get(gateway.uri("/v1/models"));
            await().until(() -> allLines() > before);
            assertThat(allLines()).isEqualTo(before + 1);
            await().untilAsserted(() -> assertThat(client.get(gateway.management("/actuator/prometheus"))
                            .body())
                    .contains(
                            "warmlane_access_log_lines_total{result=\"written\"} %d.0".formatted(before + 1),
                            "warmlane_access_log_lines_total{result=\"dropped\"} 0.0"));
        }
    }

    private long allLines() throws IOException {
        return ReportedEnds.wholeLines(log).size();
    }
}
