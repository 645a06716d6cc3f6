package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.GatewayProcess;
import dev.warmlane.harness.ReplicaClients;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One of two replicas of the gateway is told to end under load, as a rollout does, and no client notices. */
class ReplacedReplicaIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path directory;

    @Test
    void noRequestFailsWhenAReplicaEndsUnderLoad() throws Exception {
        // Streams of about a second, so that some always run.
        ServerOptions engine = ServerOptions.DEFAULTS.withOutputTokens(100);
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.demo(0, 2).withServer(engine));
                GatewayProcess leaving = start(fleet);
                GatewayProcess staying = start(fleet)) {
            leaving.awaitReady();
            staying.awaitReady();
            try (ReplicaClients clients = ReplicaClients.start(List.of(leaving, staying), 16)) {
                awaitMoreAnswers(clients, 32);

                leaving.terminate();

                assertThat(leaving.awaitExit()).as(leaving::output).isZero();
                awaitMoreAnswers(clients, 32);
                clients.stop();
                assertThat(clients.failures()).isEmpty();
            }
            assertThat(leaving.output())
                    .containsPattern("not ready any more, [1-9]\\d* requests? running")
                    .contains("drained: every request has been answered");
        }
    }

    private GatewayProcess start(SimulatedFleet fleet) {
        String endpoints = fleet.uris().stream().map(URI::toString).collect(Collectors.joining(","));
        return GatewayProcess.start(directory, "warmlane.endpoints=" + endpoints, "warmlane.drain.accept=3s");
    }

    private static void awaitMoreAnswers(ReplicaClients clients, int count) {
        int before = clients.answered();
        await().atMost(PATIENCE).until(() -> clients.answered() >= before + count);
    }
}
