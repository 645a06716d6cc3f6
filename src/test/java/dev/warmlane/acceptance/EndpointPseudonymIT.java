package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import dev.warmlane.settings.WarmlaneSettings;
import org.junit.jupiter.api.Test;

class EndpointPseudonymIT {

    @Test
    void tellsEndpointsApartWithoutNamingThem() {
        try (HandDrivenEngine engine = HandDrivenEngine.start();
                HandDrivenEngine other = HandDrivenEngine.start();
                RunningGateway gateway = RunningGateway.start(
                                "warmlane.pools[0].name=a",
                                "warmlane.pools[0].models=a",
                                "warmlane.pools[0].endpoints=" + engine.uri(),
                                "warmlane.pools[1].name=b",
                                "warmlane.pools[1].models=b",
                                "warmlane.pools[1].endpoints=" + other.uri(),
                                "warmlane.endpoint-salt=kept by the operator")
                        .ready()) {
            String pseudonym = endpointOf(gateway, "a", engine);
            assertThat(pseudonym).matches("[0-9a-f]{1,13}").isEqualTo(endpointOf(gateway, "a", engine));
            assertThat(endpointOf(gateway, "b", other)).isNotEqualTo(pseudonym).matches("[0-9a-f]{1,13}");
            assertThat(gateway.bean(WarmlaneSettings.class).toString()).doesNotContain("operator");
        }
    }

    private static String endpointOf(RunningGateway gateway, String model, HandDrivenEngine engine) {
        String body = "{\"model\":\"" + model + "\",\"messages\":[]}";
        try (Wire client = Wire.to(gateway.port())) {
            client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nContent-Length: " + body.length() + "\r\n\r\n"
                    + body);
            try (Exchange upstream = engine.next()) {
                upstream.answer("200 OK", "{}");
            }
            WireMessage response = client.readMessage();
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.headerValues("x-warmlane-endpoint")).hasSize(1);
            return response.headerValues("x-warmlane-endpoint").get(0);
        }
    }
}
