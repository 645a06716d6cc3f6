package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.FreePorts;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.metrics.GatewayMeter;
import dev.warmlane.metrics.MetricsPage;
import dev.warmlane.metrics.PoolMeter;
import dev.warmlane.metrics.RequestMeter;
import dev.warmlane.tools.simulator.Faults;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway under traffic of every kind emits what docs/metrics.md says, and nothing else of its own. */
class MetricsIT {
    private static final Pattern SAMPLE = Pattern.compile("(warmlane_[a-z_]+?)(_bucket|_count|_sum|_max)?(\\{.*})? .*");
    private static final Pattern LABEL = Pattern.compile("([a-z]+)=\"");

    /** What a few requests of clients that nobody knows do not bring about. */
    private static final Set<GatewayMeter> RARE = Set.of(
            RequestMeter.QUEUE_WAIT,
            RequestMeter.REJECTED,
            RequestMeter.RETRY_BUDGET_EXHAUSTED,
            RequestMeter.MIRRORED,
            PoolMeter.PREWARM_REQUESTS,
            PoolMeter.PREWARM_TOKENS,
            PoolMeter.PREWARM_ENDPOINTS,
            PoolMeter.PREWARM_HANDOVERS,
            PoolMeter.PREWARM_BYTES,
            RequestMeter.MODEL_FALLBACKS,
            RequestMeter.CLIENT_REQUESTS,
            RequestMeter.CLIENT_TOKENS,
            RequestMeter.REFUSALS,
            RequestMeter.PREFILL_DECISIONS,
            RequestMeter.PREFILL_LEGS,
            RequestMeter.PREFILL_DURATION,
            RequestMeter.PREFILL_TRANSFERS,
            RequestMeter.PREFILL_TRANSFERS_FAILED,
            PoolMeter.ENDPOINT_ROLE);

    private final ChatClient client = new ChatClient();

    @Test
    void emitsWhatIsDocumented(@TempDir Path directory) {
        int port = FreePorts.take();
        try (SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(2));
                RunningGateway gateway = RunningGateway.inFrontOf(
                        fleet,
                        "warmlane.access-log.target=" + directory.resolve("access.log"),
                        "warmlane.cluster.members=127.0.0.1:" + port,
                        "warmlane.cluster.port=" + port,
                        "warmlane.cluster.bind-address=127.0.0.1",
                        "warmlane.cluster.secret=a secret of some length")) {
            await().untilAsserted(() -> assertThat(scrape(gateway)).contains("warmlane_engine_prompt_tokens_total"));
            stream(gateway);
            fleet.servers().get(0).faults(Faults.builder().status(503).build());
            fleet.servers().get(1).faults(Faults.builder().status(503).build());
            stream(gateway);

            Map<String, GatewayMeter> documented = MetricsPage.meters().stream()
                    .collect(Collectors.toMap(MetricsPage::prometheusName, meter -> meter));
            String page = scrape(gateway);
            Map<String, TreeSet<String>> emitted = new HashMap<>();
            page.lines().filter(line -> line.startsWith("warmlane_")).forEach(line -> note(line, documented, emitted));

            assertThat(emitted.keySet())
                    .containsAll(MetricsPage.meters().stream()
                            .filter(meter -> !RARE.contains(meter))
                            .map(MetricsPage::prometheusName)
                            .toList());
            emitted.forEach((name, labels) -> {
                assertThat(documented).as("docs/metrics.md").containsKey(name);
                assertThat(labels)
                        .as(name)
                        .isEqualTo(new TreeSet<>(documented.get(name).labels()));
                assertThat(page)
                        .contains("# HELP " + name + " " + documented.get(name).description() + "\n");
            });
        }
    }

    private static void note(String line, Map<String, GatewayMeter> documented, Map<String, TreeSet<String>> emitted) {
        Matcher sample = SAMPLE.matcher(line);
        assertThat(sample.matches()).as(line).isTrue();
        String whole = sample.group(1) + (sample.group(2) == null ? "" : sample.group(2));
        String name = documented.containsKey(whole) ? whole : sample.group(1);
        TreeSet<String> labels = emitted.computeIfAbsent(name, added -> new TreeSet<>());
        Matcher label = LABEL.matcher(String.valueOf(sample.group(3)));
        while (label.find()) {
            if (!label.group(1).equals("le")) {
                labels.add(label.group(1));
            }
        }
    }

    private void stream(RunningGateway gateway) {
        String body = ChatClient.body(List.of(Map.of("role", "user", "content", "hello")), true);
        client.post(gateway.uri("/v1/chat/completions"), body, Map.of("x-session-id", "a"));
    }

    private String scrape(RunningGateway gateway) {
        return client.get(gateway.management("/actuator/prometheus")).body();
    }
}
