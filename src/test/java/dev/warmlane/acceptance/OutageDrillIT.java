package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.FreePorts;
import dev.warmlane.harness.GatewayProcess;
import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.ReplicaProcesses;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.SimulatedServer;
import dev.warmlane.tools.simulator.engine.EngineModel;
import dev.warmlane.tools.simulator.engine.EngineModel.CacheConfig;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.awaitility.core.ThrowingRunnable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import tools.jackson.databind.JsonNode;

/** What breaks is named, within half a minute, by all that an operator looks at: page, alerts of a real Prometheus, health and log. */
@ExtendWith(OutputCaptureExtension.class)
class OutageDrillIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Path PROMETHEUS = Path.of("/usr/bin/prometheus");

    private final ChatClient client = new ChatClient();

    @TempDir
    private Path folder;

    private SimulatedFleet fleet;
    private @Nullable RunningGateway gateway;
    private @Nullable Process prometheus;
    private int prometheusPort;

    private RunningGateway start(FleetOptions options, String... settings) throws IOException {
        fleet = SimulatedFleet.start(options);
        gateway = RunningGateway.inFrontOf(
                fleet,
                Stream.concat(
                                Stream.of("warmlane.health.interval=200ms", "warmlane.scrape.interval=200ms"),
                                Stream.of(settings))
                        .toArray(String[]::new));
        watch(List.of(gateway.management("/")));
        return gateway;
    }

    /** Scrapes all gateways, by the rules that operators get, but every second. */
    private void watch(List<URI> gateways) throws IOException {
        assumeTrue(Files.isExecutable(PROMETHEUS), "no " + PROMETHEUS + ": no alert is evaluated");
        String targets =
                String.join(", ", gateways.stream().map(URI::getAuthority).toList());
        Path rules = Files.writeString(
                folder.resolve("rules.yaml"),
                Files.readString(Path.of("config/prometheus/warmlane-alerts.yaml"))
                        .replace("interval: 30s", "interval: 1s"));
        Path config = Files.writeString(folder.resolve("prometheus.yaml"), """
                global: {scrape_interval: 1s, evaluation_interval: 1s}
                rule_files: [%s]
                scrape_configs:
                  - job_name: warmlane
                    metrics_path: /actuator/prometheus
                    static_configs: [{targets: [%s], labels: {namespace: drill}}]
                """.formatted(rules, targets));
        prometheusPort = FreePorts.take();
        prometheus = new ProcessBuilder(
                        PROMETHEUS.toString(),
                        "--config.file=" + config,
                        "--storage.tsdb.path=" + folder.resolve("tsdb"),
                        "--web.listen-address=127.0.0.1:" + prometheusPort)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("prometheus.log").toFile())
                .start();
        await().ignoreExceptions()
                .untilAsserted(
                        () -> assertThat(query("warmlane_affinity_bindings")).hasSize(gateways.size()));
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (prometheus != null) {
            prometheus.destroy();
            prometheus.waitFor();
        }
        if (gateway != null) {
            gateway.close();
        }
        fleet.close();
    }

    @Test
    void allEndpointsRefuse(CapturedOutput log) throws IOException {
        RunningGateway gateway = start(FleetOptions.instant(4));
        fleet.servers().forEach(SimulatedServer::stop);
        soon(() -> {
            assertThat(problems(gateway)).contains("no-selectable-endpoint");
            assertThat(alerts()).contains("WarmlaneNoSelectableEndpoint");
            HttpResponse<String> health = client.get(gateway.management("/actuator/health"));
            assertThat(health.statusCode()).isEqualTo(503);
            assertThat(health.body()).contains("0 of 4 endpoints selectable", "ejected (health_check)");
            assertThat(log).contains("connection refused", "WarmlaneNoSelectableEndpoint; see");
        });
    }

    @Test
    void onePodOfFourIsGone(CapturedOutput log) throws IOException {
        RunningGateway gateway = start(FleetOptions.instant(4));
        SimulatedServer gone = fleet.servers().get(2);
        String name = gone.uri().getAuthority();
        gone.stop();
        soon(() -> {
            assertThat(problems(gateway)).contains("endpoint-ejected " + name);
            assertThat(alerts()).contains("WarmlaneEndpointEjected " + name);
            assertThat(client.get(gateway.management("/actuator/health")).body())
                    .contains("3 of 4 endpoints selectable; " + name + " ejected (health_check)");
            assertThat(log).contains(name, "connection refused", "WarmlaneEndpointEjected: " + name);
        });
    }

    @Test
    void cachingIsOff(CapturedOutput log) throws IOException {
        FleetOptions plain = FleetOptions.instant(2);
        RunningGateway gateway = start(plain.withServer(plain.server().withCache(new CacheConfig(16, 1000, false))));
        String name = fleet.uris().get(0).getAuthority();
        soon(() -> {
            for (int i = 0; i < 10; i++) {
                chat(gateway, "s" + i, Map.of());
            }
            assertThat(problems(gateway)).contains("prefix-caching-off " + name);
            assertThat(alerts()).contains("WarmlanePrefixCachingOff " + name);
            assertThat(log).contains("WarmlanePrefixCachingOff: " + name);
        });
    }

    @Test
    void oneTenantFloods(CapturedOutput log) throws Exception {
        FleetOptions slow = FleetOptions.instant(1);
        Path keys = Files.writeString(
                folder.resolve("keys.yaml"),
                HashedKeys.file(
                        List.of(HashedKeys.entry("flooding", "key-f", ""), HashedKeys.entry("quiet", "key-q", ""))));
        RunningGateway gateway = start(
                slow.withServer(slow.server().withEngine(new EngineModel(20e6, 0, 0, 0, 0, 8192, 256))),
                "warmlane.auth.keys-file=" + keys,
                "warmlane.queue.max-requests-per-endpoint=2",
                "warmlane.queue.max-entries=2");
        AtomicBoolean over = new AtomicBoolean();
        ExecutorService clients = Executors.newFixedThreadPool(12);
        try {
            List<Future<?>> flood = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                String session = "flood-" + i;
                flood.add(clients.submit(() -> {
                    while (!over.get()) {
                        chat(gateway, session, Map.of("Authorization", "Bearer key-f"));
                    }
                }));
            }
            soon(() -> {
                assertThat(problems(gateway)).anyMatch(problem -> problem.startsWith("rate-limited"));
                assertThat(alerts()).contains("WarmlaneRateLimited");
                assertThat(query("topk(1, sum by (client) (rate(warmlane_client_requests_total[5m])))"))
                        .extracting(each -> each.at("/metric/client").asString())
                        .containsExactly("flooding");
                assertThat(log).contains("WarmlaneRateLimited: ");
            });
            over.set(true);
            for (Future<?> each : flood) {
                each.get();
            }
        } finally {
            over.set(true);
            clients.shutdown();
        }
    }

    @Test
    void oneReplicaIsDown() throws IOException {
        fleet = SimulatedFleet.start(FleetOptions.instant(2));
        try (ReplicaProcesses replicas = ReplicaProcesses.start(folder, fleet.uris(), 2)) {
            GatewayProcess stays = replicas.gateways().get(0);
            GatewayProcess gone = replicas.gateways().get(1);
            watch(List.of(stays.management("/"), gone.management("/")));
            gone.close();
            soon(() -> {
                assertThat(client.get(stays.management("/dashboard/events")).body())
                        .contains("replica replica-1 left");
                assertThat(alerts())
                        .contains("WarmlaneReplicaDown " + gone.management("/").getAuthority());
                assertThat(stays.output()).containsPattern("cluster: .*replica-1");
            });
        }
    }

    private static void soon(ThrowingRunnable named) {
        await().atMost(PATIENCE).untilAsserted(named);
    }

    private void chat(RunningGateway gateway, String session, Map<String, String> headers) {
        Map<String, String> all = new HashMap<>(headers);
        all.put("x-session-id", session);
        client.post(gateway.uri("/v1/chat/completions"), ChatClient.body("hello " + session), all);
    }

    /** What the page says is wrong, each with its endpoint. */
    private List<String> problems(RunningGateway gateway) {
        return client.firstEvent(gateway.management("/dashboard/live"))
                .at("/pools/0/problems")
                .valueStream()
                .map(problem -> problem.path("id").asString()
                        + (problem.path("endpoint").isString()
                                ? " " + problem.path("endpoint").asString()
                                : ""))
                .toList();
    }

    /** Alerts whose condition holds, each with its endpoint or replica; they fire when it has held for long enough. */
    private List<String> alerts() {
        return query("ALERTS").stream()
                .map(alert -> alert.get("metric"))
                .map(labels -> Stream.of("alertname", "endpoint", "instance")
                        .map(label -> labels.path(label).asString(""))
                        .filter(value -> !value.isEmpty())
                        .reduce((name, of) -> name + " " + of)
                        .orElseThrow())
                .toList();
    }

    private List<JsonNode> query(String expression) {
        URI uri = URI.create("http://127.0.0.1:%d/api/v1/query?query=%s"
                .formatted(prometheusPort, URLEncoder.encode(expression, StandardCharsets.UTF_8)));
        return client.getJson(uri).at("/data/result").valueStream().toList();
    }
}
