package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bodies of a tenant that are made to hurt whoever writes into them whose they are. */
class HostileTenantIT {
    @TempDir
    private static Path folder;

    private static SimulatedFleet fleet;
    private static RunningGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        fleet = SimulatedFleet.start(FleetOptions.instant(1));
        gateway = RunningGateway.inFrontOf(fleet, HashedKeys.settings(folder, HashedKeys.entry("acme", "key", "")))
                .ready();
    }

    @AfterAll
    static void stop() {
        gateway.close();
        fleet.close();
    }

    @AfterEach
    void nothingIsHeld() {
        await().untilAsserted(() -> assertThat(gateway.bean(MeterRegistry.class)
                        .get("warmlane.buffered.body.bytes")
                        .gauge()
                        .value())
                .isZero());
    }

    @Test
    void membersWithoutNumberAreRefused() {
        WireMessage answer = post("/v1/completions", "{" + "\"\":0,".repeat(400_000) + "\"prompt\":\"hello\"}");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().at("/error/message").asString()).contains("at most 10000 members");
    }

    @Test
    void idsOfPreviousResponsesWithoutNumberAreRefused() {
        String body = "{" + "\"previous_response_id\":\"\",".repeat(9_000) + "\"input\":\"hello\"}";
        WireMessage answer = post("/v1/responses", body);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().at("/error/message").asString()).contains("at most 100 ids of previous responses");
    }

    private static WireMessage post(String path, String body) {
        return Wire.exchange(
                gateway.port(),
                "POST " + path + " HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer key\r\n"
                        + "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
    }
}
