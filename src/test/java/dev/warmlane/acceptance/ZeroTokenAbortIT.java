package dev.warmlane.acceptance;

import static dev.warmlane.harness.FleetBehindGateway.affinity;
import static dev.warmlane.harness.FleetBehindGateway.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.FleetBehindGateway;
import dev.warmlane.tools.simulator.Faults;
import java.net.http.HttpResponse;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A vLLM that shuts down answers 200 and "abort" without a token: another endpoint answers instead. */
class ZeroTokenAbortIT {
    private static final Faults ABORTING = Faults.builder().zeroTokenAbort(true).build();

    /** What the last event of a stream has. */
    private static final Map<String, String> ENDS = Map.of(
            "/v1/chat/completions", "data: [DONE]\n\n",
            "/v1/completions", "data: [DONE]\n\n",
            "/v1/responses", "event: response.completed\n",
            "/v1/messages", "event: message_stop\n");

    private static FleetBehindGateway fleet;

    private final ChatClient client = new ChatClient();

    @BeforeAll
    static void start() {
        // Whoever aborts often is ejected, and then asked no more.
        fleet = FleetBehindGateway.start(3, "warmlane.outlier.enabled=false");
    }

    @AfterAll
    static void stop() {
        fleet.close();
    }

    @AfterEach
    void heal() {
        fleet.heal();
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/completions, false",
        "/v1/chat/completions, true",
        "/v1/completions, false",
        "/v1/completions, true",
        "/v1/responses, false",
        "/v1/responses, true",
        "/v1/messages, false",
        "/v1/messages, true"
    })
    void theSessionMovesOnceAndStays(String path, boolean stream) {
        String session = path + stream;
        fleet.serverOf(generate(path, stream, session)).faults(ABORTING);

        HttpResponse<String> moved = generate(path, stream, session);

        assertThat(moved.statusCode()).isEqualTo(200);
        assertThat(moved.body()).doesNotContain("\"abort\"");
        assertThat(affinity(moved)).isEqualTo("session;moved");
        HttpResponse<String> later = generate(path, stream, session);
        assertThat(affinity(later)).isEqualTo("session;bound");
        assertThat(endpoint(later)).isEqualTo(endpoint(moved));
        assertThat(moved.body())
                .contains(Map.of(false, "\"usage\":", true, ENDS.get(path)).get(stream));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/responses", "/v1/messages"})
    void theOthersWhereItHasNoNameToo(String path) {
        fleet.faults(ABORTING);
        long before = fleet.requestsSeen();

        assertThat(generate(path, true, "nowhere").statusCode()).isEqualTo(200);
        assertThat(generate(path, false, "nowhere").statusCode()).isEqualTo(200);
        assertThat(fleet.requestsSeen() - before).isEqualTo(6);
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void theLastAbortPassesUntouchedWhereAllAbort(boolean stream) {
        fleet.faults(ABORTING);
        long before = fleet.requestsSeen();

        HttpResponse<String> response = generate("/v1/chat/completions", stream, "nowhere");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).contains("\"finish_reason\":\"abort\"");
        assertThat(fleet.requestsSeen() - before).isEqualTo(3);
    }

    @Test
    void anAnswerThatHasNoTokenForAnotherReasonPasses() {
        long before = fleet.requestsSeen();

        HttpResponse<String> response = client.post(
                fleet.gateway().uri("/v1/embeddings"), "{\"model\":\"Qwen/Qwen3-0.6B\",\"input\":\"abort\"}", Map.of());

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(fleet.requestsSeen() - before).isEqualTo(1);
    }

    private HttpResponse<String> generate(String path, boolean stream, String session) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("model", "Qwen/Qwen3-0.6B");
        switch (path) {
            case "/v1/completions" -> body.put("prompt", "hello");
            case "/v1/responses" -> body.put("input", "hello");
            default -> body.put("messages", new Object[] {Map.of("role", "user", "content", "hello")});
        }
        if (path.equals("/v1/messages")) {
            body.put("max_tokens", 8);
        }
        body.put("stream", stream);
        return client.post(
                fleet.gateway().uri(path), ChatClient.JSON.writeValueAsString(body), Map.of("x-session-id", session));
    }
}
