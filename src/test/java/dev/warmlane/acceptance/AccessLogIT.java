package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.proxy.outcome.AccessLog;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.http.HttpStatus;
import tools.jackson.databind.JsonNode;

/** What the access log says of requests of every fate, and what it does not. */
class AccessLogIT {
    private static final String SECRET = "the launch code is 0000 ";
    private static final String SESSION = "conversation-of-alice";

    private final ChatClient client = new ChatClient();

    @TempDir
    private Path directory;

    private Path log() {
        return directory.resolve("access.log");
    }

    private String target() {
        return "warmlane.access-log.target=" + log();
    }

    /** The lines, once there are so many. */
    private List<JsonNode> lines(int count) throws IOException {
        await().until(() -> Files.readString(log()).lines().count() >= count);
        return Files.readString(log()).lines().map(ChatClient.JSON::readTree).toList();
    }

    private List<JsonNode> refused() throws IOException {
        return lines(1).stream()
                .filter(line -> line.path("status").asInt() >= 400)
                .toList();
    }

    private static String request(String body) {
        return "POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body;
    }

    @ParameterizedTest
    @ValueSource(strings = {"expected-cost", "round-robin"})
    void saysWhatWasServedAndNothingOfWhoSaidWhat(String policy) throws IOException {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2));
                RunningGateway gateway =
                        RunningGateway.inFrontOf(fleet, target(), "warmlane.routing.policy=" + policy)) {
            String body = ChatClient.body(SECRET.repeat(200));
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
            assertThat(Files.readString(log())).doesNotContain(SECRET, SESSION, "127.0.0.1\"");
        }
    }

    @Test
    void countsTheTokensOfAStreamThatReportsNoUsage() throws IOException {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(1));
                RunningGateway gateway = RunningGateway.inFrontOf(fleet, target())) {
            String body = ChatClient.body(List.of(Map.of("role", "user", "content", SECRET)), true);
            client.post(gateway.uri("/v1/chat/completions"), body, Map.of());
            JsonNode line = lines(1).get(0);
            assertThat(line.path("output_length").asInt()).isPositive();
            assertThat(line.path("input_length").asInt()).isBetween(5, 25);
            assertThat(line.has("cached_tokens")).isFalse();
        }
    }

    @Test
    void saysWhatWasRefused() throws IOException {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(1));
                RunningGateway gateway = RunningGateway.inFrontOf(fleet, target(), "warmlane.limits.body=1KB")) {
            await().until(() -> client.get(gateway.uri("/v1/models")).body().contains("Qwen"));
            client.post(gateway.uri("/sleep"), "{}", Map.of());
            client.post(gateway.uri("/v1/chat/completions"), ChatClient.body("x".repeat(2000)), Map.of());
            client.post(
                    gateway.uri("/v1/chat/completions"), "{\"model\":\"gpt\",\"prompt\":\"" + SECRET + "\"}", Map.of());

            await().until(() -> refused().size() >= 3);
            List<JsonNode> refused = refused();
            assertThat(refused)
                    .extracting(line -> line.path("status").asInt())
                    .containsExactly(404, HttpStatus.CONTENT_TOO_LARGE.value(), 404);
            assertThat(refused)
                    .extracting(line -> line.path("error").asString())
                    .containsExactly("unknown_path", "body_too_large", "model_not_found");
            assertThat(refused).allSatisfy(line -> {
                assertThat(line.path("result").asString()).isEqualTo("4xx");
                assertThat(line.path("request_id").asString()).isNotEmpty();
                assertThat(line.has("endpoint")).isFalse();
            });
            assertThat(Files.readString(log())).doesNotContain(SECRET, "sleep");
        }
    }

    @Test
    void saysWhatFailedAndWhatItsClientLeft() throws IOException {
        try (HandDrivenEngine engine = HandDrivenEngine.start();
                RunningGateway gateway = RunningGateway.start(target(), "warmlane.endpoints=" + engine.uri())) {
            try (Wire leaving = Wire.to(gateway.port())) {
                leaving.send(request("{\"model\":\"m\",\"prompt\":\"a\"}"));
                engine.next();
            }
            JsonNode left = lines(1).get(0);
            assertThat(left.path("result").asString()).isEqualTo("cancelled");
            assertThat(left.has("status")).isFalse();
            assertThat(left.has("endpoint")).isTrue();

            try (Wire waiting = Wire.to(gateway.port())) {
                waiting.send(request("{\"model\":\"m\",\"prompt\":\"a\",\"stream\":true}"));
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
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(1));
                RunningGateway gateway = RunningGateway.inFrontOf(fleet, target())) {
            client.get(gateway.management("/actuator/health"));
            client.get(gateway.uri("/v1/models"));
            assertThat(lines(1)).hasSize(1);
            await().untilAsserted(() -> assertThat(client.get(gateway.management("/actuator/prometheus"))
                            .body())
                    .contains(
                            "warmlane_access_log_lines_total{result=\"written\"} 1.0",
                            "warmlane_access_log_lines_total{result=\"dropped\"} 0.0"));
        }
    }

    @Test
    void isOffUnlessAskedFor() {
        try (RunningGateway gateway = RunningGateway.start("warmlane.endpoints=http://127.0.0.1:1")) {
            assertThatThrownBy(() -> gateway.bean(AccessLog.class)).isInstanceOf(NoSuchBeanDefinitionException.class);
        }
    }
}
