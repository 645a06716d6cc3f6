package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.harness.ApiDocument;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.Wire;
import dev.warmlane.tools.simulator.Faults;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** What operators read in the log: a start in ten lines, causes, and no flood. */
@ExtendWith(OutputCaptureExtension.class)
class OperatorsLogIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final ChatClient client = new ChatClient();
    private final AtomicInteger sessions = new AtomicInteger();

    @Test
    void theStartSaysWhatIsThereInTenLines(CapturedOutput output) {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2));
                RunningGateway gateway = RunningGateway.inFrontOf(fleet)) {
            await().atMost(PATIENCE).until(() -> output.getOut().contains("models: Qwen/Qwen3-0.6B"));

            List<String> lines = output.getOut().lines().toList();
            assertThat(lines).hasSizeLessThanOrEqualTo(10);
            assertThat(output.getOut())
                    .contains("Java " + System.getProperty("java.version"))
                    .contains("pool default: 2 endpoints: " + fleet.uris().get(0))
                    .contains("policy expected-cost")
                    .contains("replicas: none")
                    .contains("clients: http://127.0.0.1:" + gateway.port() + ", open to everybody")
                    .contains("dashboard: " + gateway.management("/dashboard"));
        }
    }

    @Test
    void nothingIsAnnouncedThatIsNotThere(CapturedOutput output) {
        try (RunningGateway gateway =
                RunningGateway.start("warmlane.endpoints=http://127.0.0.1:1", "warmlane.dashboard.enabled=false")) {
            await().atMost(PATIENCE).until(() -> output.getOut().contains("models: none"));

            assertThat(output.getOut()).doesNotContain("/dashboard").contains(gateway.management("/actuator") + "");
        }
    }

    @Test
    void anEjectionNamesItsCause(CapturedOutput output) {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(6));
                RunningGateway gateway = RunningGateway.inFrontOf(fleet, "warmlane.health.interval=100ms")) {
            fleet.server(0).stop();
            fleet.server(1).faults(Faults.builder().unhealthy(true).build());
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(output.getOut())
                            .contains(name(fleet, 0)
                                    + " ejected until its health check passes: health_check, connection refused")
                            .contains(
                                    name(fleet, 1) + " ejected until its health check passes: health_check, HTTP 503"));

            fleet.server(2).faults(Faults.builder().status(503).build());
            await().atMost(PATIENCE).untilAsserted(() -> {
                client.post(
                        gateway.uri("/v1/chat/completions"),
                        ChatClient.body(List.of(Map.of("role", "user", "content", "hello")), false),
                        Map.of("x-session-id", "s" + sessions.incrementAndGet()));
                assertThat(output.getOut())
                        .containsPattern(name(fleet, 2) + " ejected for .*: .*, status 502, 503 or 504");
            });
        }
    }

    @Test
    void twoHundredEndpointsThatBlinkAreAFewLines(CapturedOutput output) {
        FleetOptions everywhere =
                new FleetOptions("0.0.0.0", 0, 1, FleetOptions.instant(1).server());
        try (SimulatedFleet fleet = SimulatedFleet.start(everywhere)) {
            int port = fleet.uris().get(0).getPort();
            String endpoints = IntStream.rangeClosed(1, 200)
                    .mapToObj(i -> "http://127.0.1." + i + ":" + port)
                    .collect(Collectors.joining(","));
            try (RunningGateway gateway = RunningGateway.start(
                            "warmlane.endpoints=" + endpoints,
                            "warmlane.health.interval=500ms",
                            "warmlane.scrape.interval=500ms")
                    .ready()) {
                int before = lines(output);
                fleet.server(0).stop();
                await().atMost(PATIENCE)
                        .until(() -> gateway.router().pool().snapshot().endpoints().stream()
                                .allMatch(endpoint -> endpoint.state() == EndpointState.EJECTED));
                fleet.server(0).restart();
                await().atMost(PATIENCE).until(() -> output.getOut().contains("healthy again"));

                assertThat(lines(output) - before).as(output.getOut()).isLessThanOrEqualTo(10);
            }
        }
    }

    /** At any time but while it waits for a response, which is an outcome like any other. */
    @ParameterizedTest
    @ValueSource(strings = {"", "GET /v1/mod", "GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/9\r\n\r\n"})
    void aClientThatResetsItsConnectionIsNoLine(String sent, CapturedOutput output) {
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(1));
                RunningGateway gateway = RunningGateway.inFrontOf(fleet, "warmlane.limits.connections=1")) {
            Wire client = Wire.to(gateway.port());
            client.send(sent);
            if (sent.endsWith("\r\n\r\n")) {
                client.readMessage();
            }
            client.reset();

            // There is room again as soon as its end has been noticed.
            String next = "GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n";
            await().atMost(PATIENCE).until(() -> Wire.statusOf(gateway.port(), next) == 200);
            assertThat(output.getOut()).doesNotContain("Connection reset").doesNotContain("Exception");
        }
    }

    @Test
    void levelsOfTheGatewaysOwnLoggersAreChangedWhileItRuns(CapturedOutput output) {
        String logger = "dev.warmlane.proxy";
        try (RunningGateway gateway = RunningGateway.start("warmlane.endpoints=http://127.0.0.1:1")) {
            assertThat(change(gateway, logger, "debug", Map.of())).isEqualTo(200);
            LoggerFactory.getLogger(logger).debug("now it is told");
            assertThat(output.getOut()).contains("now it is told").contains("log level of " + logger + " is now DEBUG");
            assertThat(client.getJson(gateway.management("/dashboard/log-levels"))
                            .path(logger)
                            .asString())
                    .isEqualTo("DEBUG");

            assertThat(change(gateway, logger, "", Map.of())).isEqualTo(200);
            assertThat(LoggerFactory.getLogger(logger).isDebugEnabled()).isFalse();
            assertThat(change(gateway, "reactor.netty", "debug", Map.of())).isEqualTo(400);
            assertThat(change(gateway, "dev.warmlane.nobody", "debug", Map.of()))
                    .isEqualTo(400);
            assertThat(change(gateway, "dev.warmlane.nobody", "", Map.of())).isEqualTo(400);
            assertThat(new ApiDocument()
                            .faults(
                                    "get",
                                    "/dashboard/log-levels",
                                    "application/json",
                                    client.get(gateway.management("/dashboard/log-levels"))
                                            .body()))
                    .isEmpty();
            assertThat(change(gateway, logger, "loud", Map.of())).isEqualTo(400);
            assertThat(change(gateway, logger, "debug", Map.of("Sec-Fetch-Site", "cross-site")))
                    .isEqualTo(403);
        }
    }

    @Test
    void levelsStayWhereThePageOnlyShows() {
        try (RunningGateway gateway =
                RunningGateway.start("warmlane.endpoints=http://127.0.0.1:1", "warmlane.dashboard.read-only=true")) {
            assertThat(change(gateway, "dev.warmlane.proxy", "debug", Map.of())).isEqualTo(403);
        }
    }

    @Test
    void linesAreJsonByOneSetting(CapturedOutput output) {
        try (RunningGateway gateway = RunningGateway.start(
                "warmlane.endpoints=http://127.0.0.1:1", "logging.structured.format.console=ecs")) {
            assertThat(output.getOut().lines().filter(line -> line.contains("StartReport")))
                    .isNotEmpty()
                    .allSatisfy(line -> assertThat(ChatClient.JSON
                                    .readTree(line)
                                    .path("message")
                                    .asString())
                            .isNotEmpty());
            assertThat(gateway.port()).isPositive();
        }
    }

    private int change(RunningGateway gateway, String logger, String level, Map<String, String> headers) {
        return client.post(
                        gateway.management("/dashboard/log-levels"),
                        "{\"logger\":\"%s\",\"level\":\"%s\"}".formatted(logger, level),
                        headers)
                .statusCode();
    }

    private static int lines(CapturedOutput output) {
        return (int) output.getOut().lines().count();
    }

    private static String name(SimulatedFleet fleet, int server) {
        return fleet.uris().get(server).getAuthority();
    }
}
