package dev.warmlane.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.simulator.FleetOptions;
import dev.warmlane.simulator.ServerOptions;
import dev.warmlane.simulator.SimulatedFleet;
import dev.warmlane.simulator.SimulatedServer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One of four endpoints is killed under load and comes back. */
class KilledEndpointIT {
    private static final int CLIENTS = 64;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void noRequestFailsThatHadNotReceivedAnythingAndItsSessionsMoveOnce() throws Exception {
        FleetOptions options = new FleetOptions("127.0.0.1", 0, 4, ServerOptions.DEFAULTS.withOutputTokens(20));
        try (SimulatedFleet fleet = SimulatedFleet.start(options);
                RunningGateway gateway = RunningGateway.inFrontOf(fleet, "warmlane.routing.policy=sticky")) {
            SimulatedServer killed = fleet.server(0);
            String dead = killed.uri().getAuthority();
            try (TalkingSessions sessions = TalkingSessions.start(gateway, CLIENTS)) {
                sessions.awaitAnotherRequestOfEach(PATIENCE);
                await().atMost(PATIENCE).until(() -> killed.stats().inFlight() > 0);
                killed.stop();
                sessions.awaitAnotherRequestOfEach(PATIENCE);

                killed.restart();
                sessions.awaitAnotherRequestOfEach(PATIENCE);
                sessions.stop();

                assertThat(sessions.failures()).isEmpty();
                assertThat(sessions.endpoints()).allSatisfy((session, visited) -> {
                    if (visited.get(0).equals(dead)) {
                        assertThat(visited).as(session).hasSize(2).doesNotHaveDuplicates();
                    } else {
                        assertThat(visited).as(session).hasSize(1);
                    }
                });
                assertThat(sessions.endpoints().values().stream()
                                .map(visited -> visited.get(0))
                                .filter(dead::equals))
                        .as("sessions that lived at the killed endpoint")
                        .isNotEmpty();
            }
            await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());

            assertThat(killed.stats().requests()).isZero();
            try (TalkingSessions sessions = TalkingSessions.start(gateway, 8, "new-")) {
                await().atMost(Duration.ofSeconds(30))
                        .until(() -> killed.stats().requests() > 0);
                sessions.stop();
                assertThat(sessions.failures()).isEqualTo(List.of());
            }
        }
    }
}
