package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.TalkingSessions;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.SimulatedServer;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** One of four endpoints is killed under load and comes back. */
class KilledEndpointIT {
    private static final int CLIENTS = 64;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void noRequestFailsThatHadNotReceivedAnythingAndItsSessionsMoveOnce() throws Exception {
        FleetOptions options = new FleetOptions("127.0.0.1", 0, 4, ServerOptions.DEFAULTS.withOutputTokens(20));
        try (SimulatedFleet fleet = SimulatedFleet.start(options);
                RunningGateway gateway = RunningGateway.inFrontOf(
                        fleet,
                        "warmlane.routing.policy=sticky",
                        "warmlane.health.interval=200ms",
                        "warmlane.upstream.keep-alive=1s")) {
            SimulatedServer killed = fleet.server(0);
            String dead = killed.uri().getAuthority();
            try (TalkingSessions sessions = TalkingSessions.start(gateway, CLIENTS)) {
                sessions.awaitAnotherRequestOfEach(PATIENCE);
                Set<String> moving = sessionsAt(dead, sessions);
                assertThat(moving).isNotEmpty();
                await().atMost(PATIENCE).until(() -> killed.stats().inFlight() > 0);

                killed.stop();
                await().atMost(PATIENCE)
                        .until(() -> sessions.moves().entrySet().stream()
                                .allMatch(session -> session.getValue() == 1 || !moving.contains(session.getKey())));
                Map<String, String> moved = lastEndpoints(sessions);
                killed.restart();
                sessions.awaitAnotherRequestOfEach(PATIENCE);
                sessions.stop();

                assertThat(sessions.failures()).isEmpty();
                assertThat(sessions.moves())
                        .allSatisfy((session, moves) ->
                                assertThat(moves).as(session).isEqualTo(moving.contains(session) ? 1 : 0));
                assertThat(lastEndpoints(sessions)).isEqualTo(moved);
            }
            await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());

            assertThat(killed.stats().requests()).isZero();
            awaitUse(killed, gateway);
        }
    }

    /** New sessions come all the time; the others stay where they are. */
    private static void awaitUse(SimulatedServer returned, RunningGateway gateway) {
        ChatClient client = new ChatClient();
        AtomicInteger sessions = new AtomicInteger();
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            Map<String, String> session = Map.of("x-session-id", "new-" + sessions.incrementAndGet());
            assertThat(client.post(gateway.uri("/v1/chat/completions"), ChatClient.body("hello"), session)
                            .statusCode())
                    .isEqualTo(200);
            assertThat(returned.stats().requests()).isPositive();
        });
    }

    private static Set<String> sessionsAt(String endpoint, TalkingSessions sessions) {
        return lastEndpoints(sessions).entrySet().stream()
                .filter(last -> last.getValue().equals(endpoint))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    private static Map<String, String> lastEndpoints(TalkingSessions sessions) {
        Map<String, String> last = new TreeMap<>();
        sessions.endpoints().forEach((session, visited) -> last.put(session, visited.get(visited.size() - 1)));
        return last;
    }
}
