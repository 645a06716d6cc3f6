package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Engines that know the clients' keys themselves. */
class PassedKeysIT {

    @Test
    void theKeyOfAClientGoesOnWhereThePoolSaysSo(@TempDir Path folder) throws IOException {
        Path keys = Files.writeString(
                folder.resolve("keys.yaml"), HashedKeys.file(List.of(HashedKeys.entry("all", "key-all", ""))));
        try (HandDrivenEngine engine = HandDrivenEngine.start();
                RunningGateway passing = RunningGateway.start(
                        "warmlane.pools[0].name=default",
                        "warmlane.pools[0].endpoints=" + engine.uri(),
                        "warmlane.pools[0].api-key=pass",
                        "warmlane.auth.keys-file=" + keys);
                Wire wire = Wire.to(passing.port())) {
            wire.send("POST /v1/completions HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer key-all\r\n"
                    + "Content-Length: 2\r\n\r\n{}");
            try (Exchange upstream = engine.next()) {
                assertThat(upstream.request().headerValues("authorization")).containsExactly("Bearer key-all");
                upstream.answer("200 OK", "{}");
            }
            assertThat(wire.readMessage().status()).isEqualTo(200);
            assertThat(Wire.statusOf(
                            passing.port(), "POST /v1/completions HTTP/1.1\r\nHost: g\r\nContent-Length: 0\r\n\r\n"))
                    .isEqualTo(401);
        }
    }
}
