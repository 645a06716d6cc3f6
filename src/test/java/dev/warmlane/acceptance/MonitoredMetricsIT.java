package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.engines.client.Certificates;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.metrics.GatewayMeter;
import dev.warmlane.metrics.MetricsPage;
import dev.warmlane.monitoring.MonitoringQueries;
import dev.warmlane.monitoring.PromQl;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.ServerOptions.VllmVersion;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What alerts, dashboards and the runbook ask for is there: said by a running gateway, or by vLLM of either generation. */
class MonitoredMetricsIT {
    private final ChatClient client = new ChatClient();

    @Test
    void everyMetricThatIsAskedForIsEmitted(@TempDir Path folder) throws IOException {
        Path keys = new Certificates(folder).make("gateway", "dns:localhost");
        Set<String> emitted = new HashSet<>();
        for (VllmVersion version : List.of(VllmVersion.V0_10_0, VllmVersion.NEWEST)) {
            FleetOptions options = FleetOptions.instant(1).withServer(serverOf(version));
            try (SimulatedFleet fleet = SimulatedFleet.start(options);
                    RunningGateway gateway = RunningGateway.inFrontOf(
                            fleet,
                            "spring.ssl.bundle.jks.gateway.keystore.location=" + keys,
                            "spring.ssl.bundle.jks.gateway.keystore.type=PKCS12",
                            "spring.ssl.bundle.jks.gateway.keystore.password=" + Certificates.PASSWORD)) {
                stream(gateway);
                // There is no pause to measure before the first.
                System.gc();
                await().untilAsserted(() -> assertThat(names(gateway))
                        .contains("warmlane_engine_prompt_tokens_total", "jvm_gc_pause_seconds_sum"));
                emitted.addAll(names(gateway));
                emitted.addAll(samples(
                        client.get(fleet.uris().get(0).resolve("/metrics")).body()));
            }
        }
        emitted.addAll(samples(Files.readString(Path.of("src/test/resources/vllm/metrics-newest.prom"))));
        for (GatewayMeter documented : MetricsPage.meters()) {
            String name = MetricsPage.prometheusName(documented);
            emitted.addAll(Set.of(name, name + "_bucket", name + "_count", name + "_sum"));
        }
        emitted.addAll(MonitoringQueries.recorded());
        // Prometheus' own.
        emitted.addAll(Set.of("up", "ALERTS"));

        assertThat(MonitoringQueries.all())
                .hasSizeGreaterThan(100)
                .allSatisfy((where, query) ->
                        assertThat(emitted).as(where + ": " + query).containsAll(PromQl.metrics(query)));
    }

    private static ServerOptions serverOf(VllmVersion version) {
        return FleetOptions.instant(1).server().withVersion(version);
    }

    private void stream(RunningGateway gateway) {
        String body = ChatClient.body(List.of(Map.of("role", "user", "content", "hello")), true);
        client.post(gateway.uri("/v1/chat/completions"), body, Map.of("x-session-id", "a"));
    }

    private Set<String> names(RunningGateway gateway) {
        return samples(client.get(gateway.management("/actuator/prometheus")).body());
    }

    private static Set<String> samples(String exposition) {
        Set<String> names = new HashSet<>();
        exposition
                .lines()
                .filter(line -> !line.startsWith("#") && !line.isBlank())
                .forEach(line -> names.add(line.split("[{ ]")[0]));
        return names;
    }
}
