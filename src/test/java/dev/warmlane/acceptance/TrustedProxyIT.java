package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.harness.WireMessage;
import org.junit.jupiter.api.Test;

/** What engines are told of clients behind a proxy that is trusted. {@link PassThroughIT} has one that is not. */
class TrustedProxyIT {

    @Test
    void appendsTheProxyToItsOwnForwardedFor() {
        try (HandDrivenEngine engine = HandDrivenEngine.start();
                RunningGateway gateway = RunningGateway.start(
                        "warmlane.endpoints=" + engine.uri(),
                        "warmlane.affinity.client-ip.trusted-proxies=127.0.0.0/8");
                Wire client = Wire.to(gateway.port())) {
            client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nX-Forwarded-For: 192.0.2.1\r\n"
                    + "x-forwarded-for: 192.0.2.2\r\nForwarded: for=192.0.2.1\r\nContent-Length: 2\r\n\r\n{}");
            try (Exchange upstream = engine.next()) {
                WireMessage request = upstream.request();
                assertThat(request.headerValues("x-forwarded-for")).containsExactly("192.0.2.1, 192.0.2.2, 127.0.0.1");
                assertThat(request.headerValues("forwarded")).containsExactly("for=192.0.2.1");
                upstream.answer("200 OK", "{}");
                assertThat(client.readMessage().status()).isEqualTo(200);
            }
        }
    }
}
