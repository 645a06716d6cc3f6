package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A gateway whose policy is on the class path and not its own. */
class PolicyFromJarIT {
    private final ChatClient client = new ChatClient();
    private final SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2));
    private final RunningGateway gateway = RunningGateway.inFrontOf(fleet, "warmlane.routing.policy=prompt-length");

    @AfterEach
    void stop() {
        gateway.close();
        fleet.close();
    }

    private String endpointOf(String prompt) {
        return client.post(
                        gateway.uri("/v1/chat/completions"), ChatClient.body(prompt), Map.of("x-session-id", "alice"))
                .headers()
                .firstValue("x-warmlane-endpoint")
                .orElseThrow();
    }

    @Test
    void choosesByWhatItReadsAndBindsNothing() {
        String ofLong = endpointOf("long ".repeat(200));
        assertThat(endpointOf("short")).isNotEqualTo(ofLong);
        assertThat(endpointOf("long ".repeat(100))).isEqualTo(ofLong);
        assertThat(client.getJson(gateway.management("/actuator/affinity"))
                        .path("bindings")
                        .asInt(-1))
                .isZero();
    }
}
