package dev.warmlane.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** A real Prometheus that scrapes gateways, by the alert rules that operators get, but every other second. */
public final class PrometheusProcess implements AutoCloseable {
    private static final Path PROMETHEUS = Path.of("/usr/bin/prometheus");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** How often to look for something that an evaluation brings. */
    public static final Duration POLL = Duration.ofMillis(250);

    private final ChatClient client = new ChatClient();
    private final Process process;
    private final int port;

    private PrometheusProcess(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Skips the test where there is none. */
    public static void assumeInstalled() {
        assumeTrue(Files.isExecutable(PROMETHEUS), "no " + PROMETHEUS + ": no alert is evaluated");
    }

    /**
     * Starts one and waits until it knows all gateways.
     *
     * @param folder for its files
     * @param gateways where the management pages of each begin
     */
    public static PrometheusProcess watching(Path folder, List<URI> gateways) throws IOException {
        assumeInstalled();
        String targets =
                String.join(", ", gateways.stream().map(URI::getAuthority).toList());
        Path rules = Files.writeString(
                folder.resolve("rules.yaml"),
                Files.readString(Path.of("config/prometheus/warmlane-alerts.yaml"))
                        .replace("interval: 30s", "interval: 2s"));
        Path config = Files.writeString(folder.resolve("prometheus.yaml"), """
                global: {scrape_interval: 2s, evaluation_interval: 2s}
                rule_files: [%s]
                scrape_configs:
                  - job_name: warmlane
                    metrics_path: /actuator/prometheus
                    static_configs: [{targets: [%s], labels: {namespace: drill}}]
                """.formatted(rules, targets));
        int port = FreePorts.take();
        ProcessBuilder command = new ProcessBuilder(
                        PROMETHEUS.toString(),
                        "--config.file=" + config,
                        "--storage.tsdb.path=" + folder.resolve("tsdb"),
                        "--web.listen-address=127.0.0.1:" + port)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("prometheus.log").toFile());
        // It makes much garbage and keeps little.
        command.environment().put("GOGC", "400");
        PrometheusProcess prometheus = new PrometheusProcess(command.start(), port);
        await().pollInterval(POLL)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(prometheus.query("warmlane_affinity_bindings"))
                        .hasSize(gateways.size()));
        return prometheus;
    }

    /** Alerts whose condition holds, each with its endpoint or replica; they fire when it has held for long enough. */
    public List<String> alerts() {
        return query("ALERTS").stream()
                .map(alert -> alert.get("metric"))
                .map(labels -> Stream.of("alertname", "endpoint", "instance")
                        .map(label -> labels.path(label).asString(""))
                        .filter(value -> !value.isEmpty())
                        .reduce((name, of) -> name + " " + of)
                        .orElseThrow())
                .toList();
    }

    /** What an expression yields now. */
    public List<JsonNode> query(String expression) {
        URI uri = URI.create("http://127.0.0.1:%d/api/v1/query?query=%s"
                .formatted(port, URLEncoder.encode(expression, StandardCharsets.UTF_8)));
        return client.getJson(uri).at("/data/result").valueStream().toList();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
