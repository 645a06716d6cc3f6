package dev.warmlane.acceptance;

import static dev.warmlane.harness.FleetBehindGateway.affinity;
import static dev.warmlane.harness.FleetBehindGateway.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.FleetBehindGateway;
import dev.warmlane.tools.simulator.Faults;
import dev.warmlane.tools.simulator.SimulatedServer;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An endpoint that cannot take a request is passed over before the client hears of it; a session moves once and stays. */
class FailoverIT {
    private static final Faults UNAVAILABLE = Faults.builder().status(503).build();

    private static FleetBehindGateway fleet;

    private final ChatClient client = new ChatClient();

    @BeforeAll
    static void start() {
        fleet = FleetBehindGateway.start(4);
    }

    @AfterAll
    static void stop() {
        fleet.close();
    }

    @AfterEach
    void heal() {
        fleet.heal();
    }

    @Test
    void aSessionWhoseEndpointRefusesConnectionsMovesOnceAndStays() {
        HttpResponse<String> placed = chat("refused");
        fleet.serverOf(placed).stop();

        HttpResponse<String> moved = chat("refused");
        assertThat(moved.statusCode()).isEqualTo(200);
        assertThat(affinity(moved)).isEqualTo("session;moved");
        assertThat(endpoint(moved)).isNotEqualTo(endpoint(placed));

        fleet.serverOf(placed).restart();
        assertThat(List.of(chat("refused"), chat("refused"))).allSatisfy(later -> {
            assertThat(endpoint(later)).isEqualTo(endpoint(moved));
            assertThat(affinity(later)).isEqualTo("session;bound");
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {502, 503, 504})
    void aSessionWhoseEndpointIsUnavailableMovesOnceAndStays(int status) {
        String session = "unavailable-" + status;
        double retriesBefore = retries("unavailable");
        HttpResponse<String> placed = chat(session);
        fleet.serverOf(placed)
                .faults(Faults.builder().status(status).statusCount(1).build());

        HttpResponse<String> moved = chat(session);
        assertThat(moved.statusCode()).isEqualTo(200);
        assertThat(affinity(moved)).isEqualTo("session;moved");
        assertThat(endpoint(moved)).isNotEqualTo(endpoint(placed));

        HttpResponse<String> later = chat(session);
        assertThat(endpoint(later)).isEqualTo(endpoint(moved));
        assertThat(affinity(later)).isEqualTo("session;bound");
        assertThat(retries("unavailable") - retriesBefore).isEqualTo(1);
    }

    @Test
    void a503PassesUntouchedOnceTheRetriesAreUsedUp() {
        fleet.faults(UNAVAILABLE);
        long before = fleet.requestsSeen();

        HttpResponse<String> response = chat("nowhere");

        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(ChatClient.json(response).at("/error/message").asString()).isEqualTo("Simulated fault.");
        assertThat(response.headers().firstValue("server")).contains("uvicorn");
        assertThat(response.headers().firstValue("x-should-retry")).contains("false");
        assertThat(response.headers().firstValue("retry-after"))
                .as("which vLLM leaves out")
                .contains("1");
        assertThat(fleet.requestsSeen() - before)
                .as("the first and two retries")
                .isEqualTo(3);
    }

    @Test
    void otherErrorsOfAnEndpointAreNotTriedElsewhere() {
        fleet.faults(Faults.builder().status(500).build());
        long before = fleet.requestsSeen();

        HttpResponse<String> response = chat("failing");

        assertThat(response.statusCode()).isEqualTo(500);
        assertThat(response.headers().firstValue("x-should-retry")).isEmpty();
        assertThat(fleet.requestsSeen() - before).isEqualTo(1);
    }

    @Test
    void answers502WhereNoEndpointCanBeReached() {
        fleet.servers().forEach(SimulatedServer::stop);

        HttpResponse<String> response = chat("unreachable");

        assertThat(response.statusCode()).isEqualTo(502);
        assertThat(ChatClient.json(response).at("/error/code").asString()).isEqualTo("upstream_failed");
        assertThat(response.headers().firstValue("x-request-id")).isPresent();
        assertThat(response.headers().firstValue("x-should-retry")).contains("false");
    }

    @Test
    void aStreamThatResetsEndsWithAnErrorEvent() {
        fleet.faults(Faults.builder().resetAfterChunks(3).build());
        String body = ChatClient.body(List.of(Map.of("role", "user", "content", "hello")), true);

        HttpResponse<String> response = client.post(fleet.gateway().uri("/v1/chat/completions"), body, Map.of());

        assertThat(response.statusCode()).isEqualTo(200);
        String[] events = response.body().split("\n\n");
        assertThat(events.length).isGreaterThan(1);
        assertThat(events[events.length - 1]).startsWith("data: {\"error\":{");
    }

    private HttpResponse<String> chat(String session) {
        return client.post(
                fleet.gateway().uri("/v1/chat/completions"), ChatClient.body("hello"), Map.of("x-session-id", session));
    }

    private static double retries(String reason) {
        Counter counter = fleet.gateway()
                .bean(MeterRegistry.class)
                .find("warmlane.retries")
                .tag("reason", reason)
                .counter();
        return counter == null ? 0 : counter.count();
    }
}
