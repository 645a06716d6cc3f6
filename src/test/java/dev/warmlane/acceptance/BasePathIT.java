package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import org.junit.jupiter.api.Test;

/** Engines that a proxy serves under a path. */
class BasePathIT {

    @Test
    void everyRequestGoesUnderThePathOfItsEngine() {
        try (HandDrivenEngine engine = HandDrivenEngine.start();
                RunningGateway gateway = RunningGateway.start("warmlane.endpoints=" + engine.uri() + "/engines/a/")
                        .ready()) {
            // Its models, health and metrics are read there, too.
            await().untilAsserted(() -> assertThat(new ChatClient()
                            .get(gateway.management("/actuator/vllm"))
                            .body())
                    .contains("\"version\":\"0.10.0\"", "\"m\"", "/engines/a"));
            for (String query : new String[] {"", "?a=b", "?a={"}) {
                try (Wire client = Wire.to(gateway.port())) {
                    client.send("POST /v1/completions" + query + " HTTP/1.1\r\nHost: g\r\nContent-Length: 2\r\n\r\n{}");
                    try (Exchange upstream = engine.next()) {
                        assertThat(upstream.request().startLine())
                                .isEqualTo("POST /engines/a/v1/completions" + query + " HTTP/1.1");
                        assertThat(upstream.request().header("host"))
                                .isEqualTo(engine.uri().getAuthority());
                        upstream.answer("200 OK", "{}");
                    }
                    WireMessage response = client.readMessage();
                    assertThat(response.status()).isEqualTo(200);
                    assertThat(response.header("x-warmlane-endpoint"))
                            .isEqualTo(engine.uri().getAuthority() + "/engines/a");
                }
            }
        }
    }
}
