package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.Faults;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.SimulatedServer;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Endpoints that fail are taken out, are seen to be, and come back by a real request. */
class EndpointHealthIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final SimulatedFleet fleet = SimulatedFleet.start(FleetOptions.instant(4));
    private final ChatClient client = new ChatClient();
    private final AtomicInteger requests = new AtomicInteger();
    private RunningGateway gateway;

    @BeforeEach
    void start() {
        gateway = RunningGateway.inFrontOf(
                fleet,
                "warmlane.health.interval=100ms",
                "warmlane.health.timeout=2s",
                "warmlane.health.slow-start=1s",
                "warmlane.outlier.ejection=2s");
    }

    @AfterEach
    void stop() {
        await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
        gateway.close();
        fleet.close();
    }

    @Test
    void aPodThatIsKilledUnderLoadFailsNoRequestAndIsUsedAgainOnceItIsBack() throws Exception {
        SimulatedServer victim = fleet.servers().get(0);
        Map<Integer, Integer> statuses = new ConcurrentHashMap<>();
        Set<String> seen = ConcurrentHashMap.newKeySet();
        ExecutorService clients = Executors.newFixedThreadPool(8);
        try {
            AtomicInteger running = new AtomicInteger(1);
            var talking = IntStream.range(0, 8)
                    .<Future<?>>mapToObj(i -> clients.submit(() -> {
                        while (running.get() == 1) {
                            HttpResponse<String> answer = chat("s" + requests.incrementAndGet());
                            statuses.merge(answer.statusCode(), 1, Integer::sum);
                            seen.add(endpoint(answer));
                        }
                    }))
                    .toList();
            await().atMost(PATIENCE).until(() -> seen.contains(name(victim)));
            victim.stop();
            await().atMost(PATIENCE)
                    .until(() -> status(victim).at("/state").asString().equals("ejected"));
            victim.restart();
            seen.clear();
            await().atMost(PATIENCE).until(() -> seen.contains(name(victim)));
            await().atMost(PATIENCE)
                    .until(() -> status(victim).at("/state").asString().equals("ready"));
            running.set(0);
            for (Future<?> each : talking) {
                each.get();
            }
        } finally {
            clients.shutdownNow();
        }
        assertThat(statuses).containsOnlyKeys(200);
    }

    @Test
    void aPodWhoseHealthCheckFailsIsOutUntilItPasses() {
        SimulatedServer sick = fleet.servers().get(1);
        sick.faults(Faults.builder().unhealthy(true).build());
        await().atMost(PATIENCE).untilAsserted(() -> {
            JsonNode status = status(sick);
            assertThat(status.at("/state").asString()).isEqualTo("ejected");
            assertThat(status.at("/ejection/reason").asString()).isEqualTo("health_check");
            assertThat(status.at("/ejection/remainingMillis").isNull()).isTrue();
        });
        assertThat(healthDetail())
                .isEqualTo("3 of 4 endpoints selectable; %s ejected (health_check)".formatted(name(sick)));
        assertThat(metric("warmlane_ejections_total{pool=\"default\",reason=\"health_check\"}"))
                .isEqualTo("1.0");
        assertThat(metric("warmlane_endpoints{pool=\"default\",state=\"ejected\"}"))
                .isEqualTo("1.0");

        sick.faults(Faults.NONE);
        awaitUse(sick);
        await().atMost(PATIENCE).until(() -> healthDetail().equals("4 of 4 endpoints selectable"));
    }

    @Test
    void aPodThatAnswers503IsEjectedThoughItsHealthCheckPasses() {
        SimulatedServer broken = fleet.servers().get(2);
        broken.faults(Faults.builder().status(503).build());
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(chat("s" + requests.incrementAndGet()).statusCode()).isEqualTo(200);
            assertThat(status(broken).at("/ejection/reason").asString()).isIn("consecutive_failures", "success_rate");
        });
        long before = broken.stats().requests();
        for (int i = 0; i < 20; i++) {
            chat("t" + i);
        }
        assertThat(broken.stats().requests() - before)
                .as("nothing but the one request of a probation")
                .isLessThanOrEqualTo(1);

        broken.faults(Faults.NONE);
        awaitUse(broken);
    }

    @Test
    void allAreUsedWhenMoreThanHalfAreOutAndNoRequestFails() {
        for (SimulatedServer dead : fleet.servers().subList(0, 3)) {
            dead.stop();
        }
        await().atMost(PATIENCE)
                .until(() -> metric("warmlane_pool_panic{pool=\"default\"}").equals("1.0"));
        assertThat(client.getJson(gateway.management("/actuator/vllm"))
                        .at("/pools/0/panic")
                        .asBoolean())
                .isTrue();
        assertThat(healthDetail())
                .startsWith("1 of 4 endpoints selectable, too few to be used alone, so all are used; ");
        assertThat(client.get(gateway.management("/actuator/health/liveness")).statusCode())
                .isEqualTo(200);
        for (int i = 0; i < 20; i++) {
            assertThat(chat("p" + i).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aPanicCountsWhatIsHealthyAndDegradesHealth() {
        for (SimulatedServer dead : fleet.servers().subList(0, 3)) {
            dead.stop();
        }
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(metric("warmlane_selectable_endpoints{pool=\"default\"}"))
                        .isEqualTo("1.0"));
        assertThat(client.getJson(gateway.management("/actuator/vllm"))
                        .at("/pools/0/totals/selectable")
                        .asInt())
                .isEqualTo(1);
        JsonNode health = client.getJson(gateway.management("/actuator/health"));
        assertThat(health.at("/status").asString()).isEqualTo("DEGRADED");
        assertThat(health.at("/components/endpoints/details/default").asString())
                .startsWith("1 of 4 endpoints selectable, too few to be used alone, so all are used; ");
        assertThat(client.get(gateway.management("/actuator/health/readiness")).statusCode())
                .isEqualTo(200);
    }

    @Test
    void anOutageOfAllEndpointsTakesHealthDownButNotReadiness() {
        fleet.servers().forEach(SimulatedServer::stop);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(metric("warmlane_selectable_endpoints{pool=\"default\"}"))
                        .isEqualTo("0.0"));
        HttpResponse<String> health = client.get(gateway.management("/actuator/health"));
        assertThat(health.statusCode()).isEqualTo(503);
        assertThat(health.body()).contains("0 of 4 endpoints selectable", "ejected (health_check)");
        assertThat(client.get(gateway.management("/actuator/health/readiness")).statusCode())
                .isEqualTo(200);

        for (SimulatedServer each : fleet.servers()) {
            each.restart();
        }
        await().atMost(PATIENCE)
                .until(() -> client.get(gateway.management("/actuator/health")).statusCode() == 200);
    }

    @Test
    void theBindingsOfAPodThatAnswers503WaitForIt() {
        Map<String, String> homes = IntStream.range(0, 24)
                .mapToObj(i -> "w" + i)
                .collect(Collectors.toMap(session -> session, session -> endpoint(chat(session))));
        SimulatedServer broken = fleet.servers().get(3);
        Set<String> bound = homes.entrySet().stream()
                .filter(home -> home.getValue().equals(name(broken)))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
        assertThat(bound).isNotEmpty();
        broken.faults(Faults.builder().status(503).build());
        await().atMost(PATIENCE).until(() -> {
            chat("f" + requests.incrementAndGet());
            return status(broken).at("/state").asString().equals("ejected");
        });
        for (String session : bound) {
            assertThat(affinity(chat(session))).isEqualTo("session;spilled");
        }
        broken.faults(Faults.NONE);
        awaitUse(broken);
        await().atMost(PATIENCE)
                .until(() -> status(broken).at("/state").asString().equals("ready"));
        for (String session : bound) {
            HttpResponse<String> back = chat(session);
            assertThat(affinity(back)).isEqualTo("session;bound");
            assertThat(endpoint(back)).isEqualTo(name(broken));
        }
    }

    private void awaitUse(SimulatedServer server) {
        await().atMost(PATIENCE)
                .until(() -> endpoint(chat("u" + requests.incrementAndGet())).equals(name(server)));
    }

    private HttpResponse<String> chat(String session) {
        return client.post(
                gateway.uri("/v1/chat/completions"),
                ChatClient.body("hello " + session),
                Map.of("x-session-id", session));
    }

    private JsonNode status(SimulatedServer server) {
        return client.getJson(gateway.management("/actuator/vllm/" + name(server)));
    }

    private String healthDetail() {
        return client.getJson(gateway.management("/actuator/health"))
                .at("/components/discovery/details/default")
                .asString();
    }

    private String metric(String series) {
        return client.get(gateway.management("/actuator/prometheus"))
                .body()
                .lines()
                .filter(line -> line.startsWith(series + " "))
                .map(line -> line.substring(series.length() + 1))
                .findFirst()
                .orElse("");
    }

    private static String endpoint(HttpResponse<String> response) {
        return response.headers().firstValue("x-warmlane-endpoint").orElse("none, status " + response.statusCode());
    }

    private static String affinity(HttpResponse<String> response) {
        return response.headers().firstValue("x-warmlane-affinity").orElseThrow();
    }

    private static String name(SimulatedServer server) {
        return server.uri().getAuthority();
    }
}
