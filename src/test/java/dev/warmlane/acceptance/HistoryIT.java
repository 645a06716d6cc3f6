package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The history of a gateway that is started again on the same directory. */
class HistoryIT {
    private final ChatClient client = new ChatClient();

    @TempDir
    private Path directory;

    @Test
    void survivesARestart() {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(1))) {
            try (RunningGateway gateway = start(fleet)) {
                String body = ChatClient.body(List.of(Map.of("role", "user", "content", "hello")), false);
                await().atMost(Duration.ofMinutes(1))
                        .pollInterval(Duration.ofMillis(200))
                        .until(() -> {
                            client.post(gateway.uri("/v1/chat/completions"), body, Map.of());
                            // The step that runs may be gone with the gateway that began it.
                            return busyPoints(gateway, 1) > 0;
                        });
            }
            try (RunningGateway gateway = start(fleet)) {
                assertThat(busyPoints(gateway, 0)).isPositive();
            }
        }
    }

    @Test
    void beginsAnewBesideAFileThatCannotBeRead() throws IOException {
        Path file = Files.writeString(directory.resolve("warmlane-history.bin"), "not a history at all");
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(1));
                RunningGateway gateway = start(fleet)) {
            await().until(() -> client.get(gateway.management("/dashboard/history?pool=default"))
                            .statusCode()
                    == 200);
        }

        assertThat(directory.resolve("warmlane-history.bin.unreadable")).hasContent("not a history at all");
        assertThat(file).isNotEmptyFile().binaryContent().startsWith((byte) 'W', (byte) 'L', (byte) 'H');
    }

    private RunningGateway start(SimulatedFleet fleet) {
        return RunningGateway.inFrontOf(fleet, "warmlane.history.directory=" + directory);
    }

    /** Points of the last hour in which there were requests, but for so many of the newest. */
    private long busyPoints(RunningGateway gateway, int newest) {
        JsonNode points = client.getJson(gateway.management("/dashboard/history?pool=default&range=1h"))
                .at("/figures/requestsPerSecond");
        return IntStream.range(0, points.size() - newest)
                .filter(i -> points.get(i).asDouble(0) > 0)
                .count();
    }
}
