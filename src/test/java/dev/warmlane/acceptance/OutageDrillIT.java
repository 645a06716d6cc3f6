package dev.warmlane.acceptance;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.HashedKeys;
import dev.warmlane.harness.PrometheusProcess;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.ServerOptions.Models;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.SimulatedServer;
import dev.warmlane.tools.simulator.engine.EngineModel;
import dev.warmlane.tools.simulator.engine.EngineModel.CacheConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.core.ThrowingRunnable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import tools.jackson.databind.JsonNode;

/** What breaks is named, within half a minute, by all that an operator looks at: page, alerts of a real Prometheus, health and log. */
@Tag("processes")
@ExtendWith(OutputCaptureExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class OutageDrillIT {
    private static final int FLOODING_CLIENTS = 12;
    /** Without it the flood would take the CPU that all who watch it need. */
    private static final long PAUSE_MILLIS = 50;

    private final ChatClient client = new ChatClient();
    private final List<SimulatedFleet> fleets = new ArrayList<>();
    private final List<RunningGateway> gateways = new ArrayList<>();
    private RunningGateway frontOfMortal;
    /** In front of a pool whose servers cache nothing and one whose server is slow, each with a model of its pool's name. */
    private RunningGateway frontOfOthers;

    private @Nullable PrometheusProcess prometheus;

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        PrometheusProcess.assumeInstalled();
        frontOfMortal = start("warmlane.endpoints=" + urls(FleetOptions.instant(4)));
        ServerOptions plain = FleetOptions.instant(1).server();
        Path keys = Files.writeString(
                folder.resolve("keys.yaml"),
                HashedKeys.file(
                        List.of(HashedKeys.entry("flooding", "key-f", ""), HashedKeys.entry("quiet", "key-q", ""))));
        frontOfOthers = start(
                "warmlane.pools[0].name=uncached",
                "warmlane.pools[0].models=uncached",
                "warmlane.pools[0].endpoints="
                        + urls(FleetOptions.instant(2)
                                .withServer(named("uncached", plain.withCache(new CacheConfig(16, 1000, false))))),
                "warmlane.pools[1].name=slow",
                "warmlane.pools[1].models=slow",
                "warmlane.pools[1].endpoints="
                        + urls(FleetOptions.instant(1)
                                .withServer(
                                        named("slow", plain.withEngine(new EngineModel(20e6, 0, 0, 0, 0, 8192, 256))))),
                "warmlane.auth.keys-file=" + keys,
                "warmlane.queue.max-requests-per-endpoint=2",
                "warmlane.queue.max-entries=2");
        prometheus = PrometheusProcess.watching(
                folder,
                gateways.stream().map(gateway -> gateway.management("/")).toList());
    }

    private static ServerOptions named(String model, ServerOptions server) {
        return server.withModels(new Models(model, List.of(), 131_072));
    }

    /** Of the servers of a fleet that starts here. */
    private String urls(FleetOptions options) {
        SimulatedFleet fleet = SimulatedFleet.start(options);
        fleets.add(fleet);
        return fleet.uris().stream().map(URI::toString).collect(Collectors.joining(","));
    }

    private RunningGateway start(String... settings) {
        RunningGateway gateway = RunningGateway.start(Stream.concat(
                        Stream.of("warmlane.health.interval=200ms", "warmlane.scrape.interval=200ms"),
                        Stream.of(settings))
                .toArray(String[]::new));
        gateways.add(gateway);
        return gateway;
    }

    @AfterAll
    void stop() {
        if (prometheus != null) {
            prometheus.close();
        }
        gateways.forEach(RunningGateway::close);
        fleets.forEach(SimulatedFleet::close);
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void allEndpointsRefuse(CapturedOutput log) {
        RunningGateway gateway = frontOfMortal;
        fleets.get(0).servers().forEach(SimulatedServer::stop);
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
    void onePodOfFourIsGone(CapturedOutput log) {
        RunningGateway gateway = frontOfMortal;
        SimulatedServer gone = fleets.get(0).servers().get(2);
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
    void cachingIsOff(CapturedOutput log) {
        String name = fleets.get(1).uris().get(0).getAuthority();
        soon(() -> {
            for (int i = 0; i < 10; i++) {
                chat("uncached", "s" + i, "key-q");
            }
            assertThat(problems(frontOfOthers)).contains("prefix-caching-off " + name);
            assertThat(alerts()).contains("WarmlanePrefixCachingOff " + name);
            assertThat(log).contains("WarmlanePrefixCachingOff: " + name);
        });
    }

    @Test
    void oneTenantFloods(CapturedOutput log) throws Exception {
        ScheduledExecutorService clients = Executors.newScheduledThreadPool(FLOODING_CLIENTS);
        try {
            for (int i = 0; i < FLOODING_CLIENTS; i++) {
                String session = "flood-" + i;
                clients.scheduleWithFixedDelay(
                        () -> chat("slow", session, "key-f"), 0, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
            }
            soon(() -> {
                assertThat(problems(frontOfOthers)).anyMatch(problem -> problem.startsWith("rate-limited"));
                assertThat(alerts()).contains("WarmlaneRateLimited");
                assertThat(query("topk(1, sum by (client) (rate(warmlane_client_requests_total[5m])))"))
                        .extracting(each -> each.at("/metric/client").asString())
                        .containsExactly("flooding");
                assertThat(log).contains("WarmlaneRateLimited: ");
            });
        } finally {
            clients.shutdown();
        }
        assertThat(clients.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
    }

    private static void soon(ThrowingRunnable named) {
        await().pollInterval(PrometheusProcess.POLL).untilAsserted(named);
    }

    private void chat(String model, String session, String key) {
        String body = ChatClient.JSON.writeValueAsString(
                Map.of("model", model, "messages", List.of(Map.of("role", "user", "content", "hello " + session))));
        client.post(
                frontOfOthers.uri("/v1/chat/completions"),
                body,
                Map.of("x-session-id", session, "Authorization", "Bearer " + key));
    }

    /** What the page says is wrong, each with its endpoint. */
    private List<String> problems(RunningGateway gateway) {
        return client.firstEvent(gateway.management("/dashboard/live"))
                .at("/pools")
                .valueStream()
                .flatMap(pool -> pool.path("problems").valueStream())
                .map(problem -> problem.path("id").asString()
                        + (problem.path("endpoint").isString()
                                ? " " + problem.path("endpoint").asString()
                                : ""))
                .toList();
    }

    private List<String> alerts() {
        return requireNonNull(prometheus).alerts();
    }

    private List<JsonNode> query(String expression) {
        return requireNonNull(prometheus).query(expression);
    }
}
