package dev.warmlane.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.simulator.Faults;
import dev.warmlane.simulator.FleetOptions;
import dev.warmlane.simulator.SimulatedFleet;
import dev.warmlane.simulator.SimulatedServer;
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

    private static SimulatedFleet fleet;
    private static RunningGateway gateway;

    private final ChatClient client = new ChatClient();

    @BeforeAll
    static void start() {
        fleet = SimulatedFleet.start(FleetOptions.instant(4));
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

    @Test
    void aSessionWhoseEndpointRefusesConnectionsMovesOnceAndStays() {
        String home = endpoint(chat("refused"));
        serverNamed(home).stop();

        HttpResponse<String> moved = chat("refused");
        assertThat(moved.statusCode()).isEqualTo(200);
        assertThat(affinity(moved)).isEqualTo("session;moved");
        assertThat(endpoint(moved)).isNotEqualTo(home);

        serverNamed(home).restart();
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
        String home = endpoint(chat(session));
        serverNamed(home).faults(Faults.builder().status(status).statusCount(1).build());

        HttpResponse<String> moved = chat(session);
        assertThat(moved.statusCode()).isEqualTo(200);
        assertThat(affinity(moved)).isEqualTo("session;moved");
        assertThat(endpoint(moved)).isNotEqualTo(home);

        HttpResponse<String> later = chat(session);
        assertThat(endpoint(later)).isEqualTo(endpoint(moved));
        assertThat(affinity(later)).isEqualTo("session;bound");
        assertThat(retries("unavailable") - retriesBefore).isEqualTo(1);
    }

    @Test
    void a503PassesUntouchedOnceTheRetriesAreUsedUp() {
        fleet.servers().forEach(server -> server.faults(UNAVAILABLE));
        long before = requestsSeen();

        HttpResponse<String> response = chat("nowhere");

        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(ChatClient.json(response).at("/error/message").asString()).isEqualTo("Simulated fault.");
        assertThat(response.headers().firstValue("server")).contains("uvicorn");
        assertThat(response.headers().firstValue("x-should-retry")).contains("false");
        assertThat(requestsSeen() - before).as("the first and two retries").isEqualTo(3);
    }

    @Test
    void otherErrorsOfAnEndpointAreNotTriedElsewhere() {
        fleet.servers()
                .forEach(server -> server.faults(Faults.builder().status(500).build()));
        long before = requestsSeen();

        HttpResponse<String> response = chat("failing");

        assertThat(response.statusCode()).isEqualTo(500);
        assertThat(response.headers().firstValue("x-should-retry")).isEmpty();
        assertThat(requestsSeen() - before).isEqualTo(1);
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
        fleet.servers()
                .forEach(server ->
                        server.faults(Faults.builder().resetAfterChunks(3).build()));
        String body = ChatClient.body(List.of(Map.of("role", "user", "content", "hello")), true);

        HttpResponse<String> response = client.post(gateway.uri("/v1/chat/completions"), body, Map.of());

        assertThat(response.statusCode()).isEqualTo(200);
        String[] events = response.body().split("\n\n");
        assertThat(events.length).isGreaterThan(1);
        assertThat(events[events.length - 1]).startsWith("data: {\"error\":{");
    }

    private HttpResponse<String> chat(String session) {
        return client.post(
                gateway.uri("/v1/chat/completions"), ChatClient.body("hello"), Map.of("x-session-id", session));
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

    private static double retries(String reason) {
        Counter counter = gateway.bean(MeterRegistry.class)
                .find("warmlane.retries")
                .tag("reason", reason)
                .counter();
        return counter == null ? 0 : counter.count();
    }

    private static long requestsSeen() {
        return fleet.servers().stream()
                .mapToLong(server -> server.stats().requests())
                .sum();
    }
}
