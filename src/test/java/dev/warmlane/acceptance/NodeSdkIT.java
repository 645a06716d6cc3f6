package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SdkEngine;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** OpenAI's client for Node, and a WebSocket, get along with the gateway: see src/test/sdk/sdk.test.js. */
@Tag("processes")
class NodeSdkIT {
    private static final Path SDK = Path.of("src/test/sdk");

    @TempDir
    private Path directory;

    @Test
    void everyCaseOfTheScriptHolds() throws Exception {
        assumeTrue(isNodeThere(), "SKIPPED: node is not installed");
        assumeTrue(Files.exists(SDK.resolve("node_modules/ws")), "SKIPPED: run npm ci in " + SDK + " first");
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2));
                RunningGateway simulated = RunningGateway.inFrontOf(fleet).ready();
                SdkEngine engine = new SdkEngine();
                RunningGateway scripted = RunningGateway.start("warmlane.endpoints=" + engine.endpoint())) {
            Path output = directory.resolve("node.txt");
            ProcessBuilder node = new ProcessBuilder("node", "--test", "sdk.test.js")
                    .directory(SDK.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile());
            node.environment().put("SIMULATED_URL", simulated.uri("/v1").toString());
            node.environment().put("SCRIPTED_URL", scripted.uri("/v1").toString());

            Process process = node.start();
            boolean ended = process.waitFor(3, TimeUnit.MINUTES);
            process.destroyForcibly();

            assertThat(ended).as(Files.readString(output)).isTrue();
            assertThat(process.exitValue()).as(Files.readString(output)).isZero();
            assertThat(engine.retryCounts()).containsExactly("0", "1", "0", "0");
            assertThat(engine.unexpected()).isZero();
        }
    }

    private static boolean isNodeThere() throws InterruptedException {
        try {
            return new ProcessBuilder("node", "--version").start().waitFor() == 0;
        } catch (IOException notInstalled) {
            return false;
        }
    }
}
