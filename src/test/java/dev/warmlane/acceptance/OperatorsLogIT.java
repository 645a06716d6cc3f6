package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.proxy.outcome.AccessLog;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** What operators read in the log: a start in ten lines, and no flood. */
@ExtendWith(OutputCaptureExtension.class)
class OperatorsLogIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

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

            assertThat(output.getOut())
                    .doesNotContain("/dashboard", "warmed up by ")
                    .contains("ready after", gateway.management("/actuator") + "");
            assertThatThrownBy(() -> gateway.bean(AccessLog.class)).isInstanceOf(NoSuchBeanDefinitionException.class);
        }
    }

    @Test
    void aHundredEndpointsThatBlinkAreAFewLines(CapturedOutput output) {
        FleetOptions everywhere =
                new FleetOptions("0.0.0.0", 0, 1, FleetOptions.instant(1).server());
        try (SimulatedFleet fleet = SimulatedFleet.start(everywhere)) {
            int port = fleet.uris().get(0).getPort();
            String endpoints = IntStream.rangeClosed(1, 100)
                    .mapToObj(i -> "http://127.0.1." + i + ":" + port)
                    .collect(Collectors.joining(","));
            try (RunningGateway gateway = RunningGateway.start(
                            "warmlane.endpoints=" + endpoints, "warmlane.health.interval=250ms")
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

    private static int lines(CapturedOutput output) {
        return (int) output.getOut().lines().count();
    }
}
