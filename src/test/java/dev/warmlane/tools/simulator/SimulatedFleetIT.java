package dev.warmlane.tools.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import org.junit.jupiter.api.Test;

class SimulatedFleetIT {

    @Test
    void everyServerHasItsOwnCache() throws Exception {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(3))) {
            String body = "{\"prompt\":\"%s\"}".formatted("x".repeat(500));
            assertThat(fleet.uris()).hasSize(3).doesNotHaveDuplicates();
            for (SimulatedServer server : fleet.servers()) {
                assertThat(new SimulatorClient(server)
                                .post("/v1/completions", body)
                                .statusCode())
                        .isEqualTo(200);
            }
            assertThat(fleet.servers()).allMatch(server -> server.engineStats().hitTokens() == 0);
            new SimulatorClient(fleet.server(0)).post("/v1/completions", body);
            assertThat(fleet.server(0).engineStats().hitTokens()).isPositive();
        }
    }

    @Test
    void closingEndsEveryServer() {
        SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(1));
        SimulatorClient client = new SimulatorClient(fleet.server(0));
        fleet.close();
        assertThatExceptionOfType(ConnectException.class).isThrownBy(() -> client.get("/health"));
    }

    @Test
    void aTakenPortIsNamed() {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(1))) {
            int taken = fleet.server(0).port();
            assertThatExceptionOfType(UncheckedIOException.class)
                    .isThrownBy(() -> SimulatedFleet.start(FleetOptions.demo(taken, 1)))
                    .withMessageContaining("cannot listen on")
                    .withMessageContaining(":" + taken);
        }
    }
}
