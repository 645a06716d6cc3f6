package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.warmlane.engines.client.Certificates;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.RunningGateway;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** h2spec ({@code go install github.com/summerwind/h2spec/cmd/h2spec@v2.2.1}) finds nothing. Needs it in the PATH. */
@Tag("processes")
class Http2SpecIT {
    @TempDir
    private Path directory;

    @Test
    void clientsThatKnowBeforehand() throws Exception {
        conforms(List.of(), List.of());
    }

    @Test
    void clientsThatAgreeByTls() throws Exception {
        Path keys = new Certificates(directory).make("gateway", "dns:localhost");
        conforms(
                List.of(
                        "server.ssl.bundle=gateway",
                        "spring.ssl.bundle.jks.gateway.keystore.location=" + keys,
                        "spring.ssl.bundle.jks.gateway.keystore.type=PKCS12",
                        "spring.ssl.bundle.jks.gateway.keystore.password=" + Certificates.PASSWORD),
                List.of("-t", "-k"));
    }

    private void conforms(List<String> settings, List<String> options) throws Exception {
        assumeTrue(isThere(), "SKIPPED: h2spec is not installed");
        List<String> all = new ArrayList<>(settings);
        try (HandDrivenEngine engine = HandDrivenEngine.start()) {
            all.addAll(List.of("server.http2.enabled=true", "warmlane.endpoints=" + engine.uri()));
            try (RunningGateway gateway = RunningGateway.start(all.toArray(new String[0]))) {
                Path output = directory.resolve("h2spec.txt");
                List<String> command = new ArrayList<>(List.of(
                        "h2spec",
                        "-h",
                        "127.0.0.1",
                        "-p",
                        Integer.toString(gateway.port()),
                        "-P",
                        "/v1/models",
                        "-o",
                        "5"));
                command.addAll(options);
                Process process = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
                assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
                assertThat(Files.readString(output)).contains(" 0 failed");
            }
        }
    }

    private static boolean isThere() throws InterruptedException {
        try {
            return new ProcessBuilder("h2spec", "--version").start().waitFor() == 0;
        } catch (IOException notInstalled) {
            return false;
        }
    }
}
