package dev.warmlane.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.simulator.Faults;
import dev.warmlane.simulator.FleetOptions;
import dev.warmlane.simulator.SimulatedFleet;
import dev.warmlane.simulator.SimulatedServer;
import java.net.http.HttpResponse;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A vLLM that shuts down answers 200 and "abort" without a token: another endpoint answers instead. */
class ZeroTokenAbortIT {
    private static final Faults ABORTING = Faults.builder().zeroTokenAbort(true).build();

    private static SimulatedFleet fleet;
    private static RunningGateway gateway;

    private final ChatClient client = new ChatClient();

    @BeforeAll
    static void start() {
        fleet = SimulatedFleet.start(FleetOptions.instant(3));
        gateway = RunningGateway.inFrontOf(fleet);
    }

    @AfterAll
    static void stop() {
        gateway.close();
        fleet.close();
    }

    @AfterEach
    void healAndFindNothingInFlight() {
        await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
        fleet.servers().forEach(SimulatedServer::restart);
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/completions, false",
        "/v1/chat/completions, true",
        "/v1/completions, false",
        "/v1/completions, true"
    })
    void theSessionMovesOnceAndStays(String path, boolean stream) {
        String session = path + stream;
        String home = endpoint(generate(path, stream, session));
        serverNamed(home).faults(ABORTING);

        HttpResponse<String> moved = generate(path, stream, session);

        assertThat(moved.statusCode()).isEqualTo(200);
        assertThat(moved.body()).doesNotContain("\"abort\"");
        assertThat(affinity(moved)).isEqualTo("session;moved");
        HttpResponse<String> later = generate(path, stream, session);
        assertThat(affinity(later)).isEqualTo("session;bound");
        assertThat(endpoint(later)).isEqualTo(endpoint(moved));
        assertThat(stream ? moved.body() : "data: [DONE]\n\n").endsWith("data: [DONE]\n\n");
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void theLastAbortPassesUntouchedWhereAllAbort(boolean stream) {
        fleet.servers().forEach(server -> server.faults(ABORTING));
        long before = requestsSeen();

        HttpResponse<String> response = generate("/v1/chat/completions", stream, "nowhere");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).contains("\"finish_reason\":\"abort\"");
        assertThat(requestsSeen() - before).isEqualTo(3);
    }

    @Test
    void anAnswerThatHasNoTokenForAnotherReasonPasses() {
        long before = requestsSeen();

        HttpResponse<String> response = client.post(
                gateway.uri("/v1/embeddings"), "{\"model\":\"Qwen/Qwen3-0.6B\",\"input\":\"abort\"}", Map.of());

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(requestsSeen() - before).isEqualTo(1);
    }

    private HttpResponse<String> generate(String path, boolean stream, String session) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("model", "Qwen/Qwen3-0.6B");
        if (path.endsWith("chat/completions")) {
            body.put("messages", new Object[] {Map.of("role", "user", "content", "hello")});
        } else {
            body.put("prompt", "hello");
        }
        body.put("stream", stream);
        return client.post(
                gateway.uri(path), ChatClient.JSON.writeValueAsString(body), Map.of("x-session-id", session));
    }

    private static String endpoint(HttpResponse<String> response) {
        return response.headers().firstValue("x-warmlane-endpoint").orElseThrow();
    }

    private static String affinity(HttpResponse<String> response) {
        return response.headers().firstValue("x-warmlane-affinity").orElseThrow();
    }

    private static SimulatedServer serverNamed(String endpoint) {
        return fleet.servers().stream()
                .filter(server -> server.uri().getAuthority().equals(endpoint))
                .findFirst()
                .orElseThrow();
    }

    private static long requestsSeen() {
        return fleet.servers().stream()
                .mapToLong(server -> server.stats().requests())
                .sum();
    }
}
