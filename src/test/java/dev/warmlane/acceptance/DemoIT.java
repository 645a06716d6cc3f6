package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.ChildProcess;
import dev.warmlane.harness.Chromium;
import dev.warmlane.harness.FreePorts;
import dev.warmlane.harness.GatewayProcess;
import dev.warmlane.harness.RunningGateway;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** The first minute of a newcomer. */
@Tag("processes")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DemoIT {
    private GatewayProcess demo;

    @BeforeAll
    void start(@TempDir Path directory) {
        demo = GatewayProcess.start(
                directory, "spring.profiles.active=demo", FreePorts.endpoints(4), "warmlane.drain.accept=10m");
    }

    @AfterAll
    void stop() {
        demo.close();
    }

    @Test
    @Order(1)
    void talksToItselfAndSaysWhatToTry() throws Exception {
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

        await().pollInterval(GatewayProcess.POLL)
                .untilAsserted(() -> assertThat(keys()).contains("session", "prompt-prefix"));
    }

    /** {@code -Dscreenshot.write=true} takes the screenshot anew, after two minutes of traffic. */
    @Test
    @Order(2)
    void showsThePageThatTheReadmeShows() throws Exception {
        boolean write = Boolean.getBoolean("screenshot.write");
        String readme = Files.readString(Path.of("README.md"));
        Matcher image =
                Pattern.compile("!\\[The dashboard: (.*)]\\((docs/.*\\.png)\\)").matcher(readme);
        assertThat(image.find()).isTrue();
        try (Chromium chromium = Chromium.start()) {
            demo.awaitOutput("The demo is at");
            Page page = chromium.browser()
                    .newPage(new Browser.NewPageOptions()
                            .setViewportSize(1280, 690)
                            .setDeviceScaleFactor(1.5));
            page.setDefaultTimeout(60_000);
            page.navigate(demo.management("/dashboard#/overview?pool=default").toString());
            for (String shown : image.group(1).split(", ")) {
                page.getByText(shown).first().waitFor();
            }
            assertThat(Path.of(image.group(2))).isNotEmptyFile();
            if (write) {
                page.waitForTimeout(120_000);
                page.screenshot(new Page.ScreenshotOptions().setPath(Path.of(image.group(2))));
            }
        }
    }

    @Test
    @Order(3)
    void endsAtOnceAtTheSecondSignal() {
        demo.terminate();
        demo.awaitOutput("draining: not ready any more");
        demo.terminate();
        assertThat(demo.awaitExit()).isEqualTo(143);
        assertThat(demo.output()).contains("SIGTERM: ending at once");
    }

    @ParameterizedTest
    @CsvSource({"'demo,quiet', 0", "demo, 7"})
    void isQuietWhereThatIsWished(String profiles, int clients) throws Exception {
        try (RunningGateway here = RunningGateway.start("spring.profiles.active=" + profiles, FreePorts.endpoints(4))) {
            assertThat(Thread.getAllStackTraces().keySet().stream()
                            .filter(thread -> thread.getName().equals("demo-traffic"))
                            .count())
                    .isEqualTo(clients);
        }
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .noneMatch(thread -> thread.getName().equals("demo-traffic")));
    }

    private List<String> keys() {
        JsonNode decisions = new ChatClient().getJson(demo.management("/actuator/decisions?limit=100"));
        return decisions.findValuesAsString("key");
    }

    private static String run(String command) throws IOException, InterruptedException {
        return ChildProcess.run(new ProcessBuilder("bash", "-c", command)).output();
    }
}
