package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.GatewayProcess;
import dev.warmlane.harness.RunningGateway;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** The first minute of a newcomer. */
class DemoIT {
    @TempDir
    private Path directory;

    @Test
    void talksToItselfAndSaysWhatToTry() throws Exception {
        try (GatewayProcess demo = GatewayProcess.start(directory, "spring.profiles.active=demo", freeEndpoints())) {
            demo.awaitOutput("decisions?limit=1'");
            String guide = demo.output().substring(demo.output().indexOf("The demo is at"));
            assertThat(guide).startsWith("The demo is at " + demo.management("/dashboard"));

            List<String> commands = Pattern.compile("(?m)^  (curl (?:.*\\\\\n)*.*)")
                    .matcher(guide)
                    .results()
                    .map(command -> command.group(1))
                    .toList();
            assertThat(commands).hasSize(3);
            assertThat(run(commands.get(0))).contains("200 OK").contains("x-warmlane-affinity: session;placed");
            assertThat(run(commands.get(0))).contains("x-warmlane-affinity: session;bound");
            assertThat(run(commands.get(1))).contains("\"pools\"");
            assertThat(run(commands.get(2))).contains("\"decisions\"");

            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(keys(demo)).contains("session", "prompt-prefix"));
        }
    }

    @ParameterizedTest
    @CsvSource({"'demo,quiet', 0", "demo, 7"})
    void isQuietWhereThatIsWished(String profiles, int clients) throws Exception {
        try (RunningGateway demo = RunningGateway.start("spring.profiles.active=" + profiles, freeEndpoints())) {
            assertThat(Thread.getAllStackTraces().keySet().stream()
                            .filter(thread -> thread.getName().equals("demo-traffic"))
                            .count())
                    .isEqualTo(clients);
        }
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .noneMatch(thread -> thread.getName().equals("demo-traffic")));
    }

    private static String freeEndpoints() throws IOException {
        InetAddress local = InetAddress.getLoopbackAddress();
        try (ServerSocket first = new ServerSocket(0, 1, local);
                ServerSocket second = new ServerSocket(0, 1, local)) {
            return "warmlane.endpoints=http://127.0.0.1:%d,http://127.0.0.1:%d"
                    .formatted(first.getLocalPort(), second.getLocalPort());
        }
    }

    private static List<String> keys(GatewayProcess demo) {
        JsonNode decisions = new ChatClient().getJson(demo.management("/actuator/decisions?limit=100"));
        return decisions.findValuesAsString("key");
    }

    private static String run(String command) throws IOException {
        Process process = new ProcessBuilder("bash", "-c", command).start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
