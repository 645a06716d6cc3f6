package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Before it is ready the gateway serves requests of its own, and nothing of the gateway that serves clients has seen them. */
@ExtendWith(OutputCaptureExtension.class)
class WarmUpIT {
    private static final String WARMED_UP = "warmed up by ";

    private final ChatClient client = new ChatClient();

    @Test
    void isReadyAfterRequestsOfItsOwnOfWhichNothingRemains(CapturedOutput output) {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2));
                RunningGateway gateway =
                        RunningGateway.inFrontOf(fleet, "warmlane.warm-up=60s", "warmlane.access-log.target=stdout")) {
            gateway.ready();

            assertThat(output.toString()).containsPattern(WARMED_UP + "[1-9]\\d* requests");
            assertThat(output.toString().indexOf(WARMED_UP))
                    .isLessThan(output.toString().indexOf("ready after"));
            assertThat(output).doesNotContain("chat/completions", "the warm-up ended");
            assertThat(fleet.servers())
                    .allSatisfy(server -> assertThat(server.stats().requests()).isZero());
            assertThat(get(gateway, "/actuator/prometheus"))
                    .doesNotContain("warm-up")
                    .doesNotContainPattern("warmlane_(requests|upstream|retries|model)[a-z_]*\\{[^}]*} [1-9]");
            assertThat(get(gateway, "/actuator/vllm")).doesNotContain("warm-up");
            assertThat(get(gateway, "/actuator/decisions")).doesNotContain("warm-up");
            assertThat(get(gateway, "/actuator/affinity")).doesNotContain("warm-up");
            HttpResponse<String> models = client.get(gateway.uri("/v1/models"));
            assertThat(models.body()).doesNotContain("warm-up");
        }
    }

    private String get(RunningGateway gateway, String path) {
        return client.get(gateway.management(path)).body();
    }
}
