package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.Faults;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.SimulatedServer;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** An endpoint that does not answer in time is passed over only where the settings say so. */
class HeaderTimeoutIT {
    private final ChatClient client = new ChatClient();

    @Test
    void goesToAnotherEndpointWhereTheSettingSaysSo() {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2));
                RunningGateway gateway = RunningGateway.inFrontOf(
                        fleet, "warmlane.retry.on-timeout=true", "warmlane.upstream.response-timeout=1s")) {
            // What an engine loads for its first response may take a busy machine as long as that.
            fleet.uris()
                    .forEach(uri ->
                            client.post(uri.resolve("/v1/chat/completions"), ChatClient.body("hello"), Map.of()));
            hangAt(endpoint(chat(gateway)), fleet);

            HttpResponse<String> response = chat(gateway);

            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.headers().firstValue("x-warmlane-affinity")).contains("session;moved");
        }
    }

    @Test
    void is504ElseAndNothingForTheClientToTryAgain() {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2));
                RunningGateway gateway = RunningGateway.inFrontOf(fleet, "warmlane.upstream.response-timeout=1s")) {
            fleet.servers()
                    .forEach(server -> server.faults(Faults.builder().hang(true).build()));

            HttpResponse<String> response = chat(gateway);

            assertThat(response.statusCode()).isEqualTo(504);
            assertThat(ChatClient.json(response).at("/error/code").asString()).isEqualTo("upstream_timeout");
            assertThat(response.headers().firstValue("x-should-retry")).contains("false");
        }
    }

    private HttpResponse<String> chat(RunningGateway gateway) {
        return client.post(
                gateway.uri("/v1/chat/completions"), ChatClient.body("hello"), Map.of("x-session-id", "late"));
    }

    private static String endpoint(HttpResponse<String> response) {
        return response.headers().firstValue("x-warmlane-endpoint").orElseThrow();
    }

    private static void hangAt(String endpoint, SimulatedFleet fleet) {
        for (SimulatedServer server : fleet.servers()) {
            if (server.uri().getAuthority().equals(endpoint)) {
                server.faults(Faults.builder().hang(true).build());
            }
        }
    }
}
