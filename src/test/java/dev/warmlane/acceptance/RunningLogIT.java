package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ApiDocument;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.harness.Wire;
import dev.warmlane.tools.simulator.Faults;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** What operators read in the log while the gateway runs: causes, as much as they want, and nothing of clients that reset. */
@ExtendWith(OutputCaptureExtension.class)
class RunningLogIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final SharedGateways GATEWAYS = new SharedGateways(RunningGateway::start);

    private final ChatClient client = new ChatClient();
    private final AtomicInteger sessions = new AtomicInteger();
    private RunningGateway gateway;

    @AfterAll
    static void closeGateway() {
        GATEWAYS.close();
    }

    /** Servers behind a gateway that takes one connection at a time. */
    private SimulatedFleet start(int servers) {
        SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(servers));
        gateway = GATEWAYS.inFrontOf(fleet, "warmlane.limits.connections=1", "warmlane.health.interval=100ms");
        return fleet;
    }

    @Test
    void anEjectionNamesItsCause(CapturedOutput output) {
        try (SimulatedFleet fleet = start(6)) {
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
                String body = ChatClient.body("hello");
                Wire.statusOf(
                        gateway.port(),
                        "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                                + "x-session-id: s" + sessions.incrementAndGet() + "\r\nContent-Length: "
                                + body.length() + "\r\n\r\n" + body);
                assertThat(output.getOut())
                        .containsPattern(name(fleet, 2) + " ejected for .*: .*, status 502, 503 or 504");
            });
        }
    }

    /** At any time but while it waits for a response, which is an outcome like any other. */
    @ParameterizedTest
    @ValueSource(strings = {"", "GET /v1/mod", "GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/9\r\n\r\n"})
    void aClientThatResetsItsConnectionIsNoLine(String sent, CapturedOutput output) {
        try (SimulatedFleet fleet = start(1)) {
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
        try (SimulatedFleet fleet = start(1)) {
            assertThat(change(logger, "debug", Map.of())).isEqualTo(200);
            LoggerFactory.getLogger(logger).debug("now it is told");
            assertThat(output.getOut()).contains("now it is told").contains("log level of " + logger + " is now DEBUG");
            assertThat(client.getJson(gateway.management("/dashboard/log-levels"))
                            .path(logger)
                            .asString())
                    .isEqualTo("DEBUG");

            assertThat(change(logger, "", Map.of())).isEqualTo(200);
            assertThat(LoggerFactory.getLogger(logger).isDebugEnabled()).isFalse();
            assertThat(change("reactor.netty", "debug", Map.of())).isEqualTo(400);
            assertThat(change("dev.warmlane.nobody", "debug", Map.of())).isEqualTo(400);
            assertThat(change("dev.warmlane.nobody", "", Map.of())).isEqualTo(400);
            assertThat(new ApiDocument()
                            .faults(
                                    "get",
                                    "/dashboard/log-levels",
                                    "application/json",
                                    client.get(gateway.management("/dashboard/log-levels"))
                                            .body()))
                    .isEmpty();
            assertThat(change(logger, "loud", Map.of())).isEqualTo(400);
            assertThat(change(logger, "debug", Map.of("Sec-Fetch-Site", "cross-site")))
                    .isEqualTo(403);
        }
    }

    private int change(String logger, String level, Map<String, String> headers) {
        return client.post(
                        gateway.management("/dashboard/log-levels"),
                        "{\"logger\":\"%s\",\"level\":\"%s\"}".formatted(logger, level),
                        headers)
                .statusCode();
    }

    private static String name(SimulatedFleet fleet, int server) {
        return fleet.uris().get(server).getAuthority();
    }
}
