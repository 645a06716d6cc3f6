package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.tools.simulator.Faults;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.SimulatedServer;
import dev.warmlane.tools.simulator.engine.EngineModel;
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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Endpoints that fail are taken out, are seen to be, and come back by a real request. */
class EndpointHealthIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** A token each 20 ms, so that clients that never pause leave the machine the time to check. */
    private static final EngineModel UNHURRIED = new EngineModel(20e6, 0, 0, 0, 0, 8192, 256);

    private static final SharedGateways GATEWAYS = new SharedGateways(RunningGateway::start);
    /** Of all tests: none has the session of another. */
    private static final AtomicInteger REQUESTS = new AtomicInteger();

    private final ChatClient client = new ChatClient();
    private SimulatedFleet fleet;
    private RunningGateway gateway;

    private void start(EngineModel engine) {
        FleetOptions options = FleetOptions.instant(4);
        fleet = SimulatedFleet.start(
                options.withServer(options.server().withEngine(engine).withOutputTokens(2)));
        gateway = GATEWAYS.inFrontOf(
                fleet,
                "warmlane.health.interval=100ms",
                "warmlane.health.timeout=2s",
                "warmlane.health.slow-start=300ms",
                "warmlane.outlier.ejection=2s");
    }

    @AfterEach
    void stop() {
        await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
        fleet.close();
    }

    @AfterAll
    static void closeGateway() {
        GATEWAYS.close();
    }

    @Test
    void aPodThatIsKilledUnderLoadFailsNoRequestAndIsUsedAgainOnceItIsBack() throws Exception {
        start(UNHURRIED);
        SimulatedServer victim = fleet.servers().get(0);
        Map<Integer, Integer> statuses = new ConcurrentHashMap<>();
        Set<String> seen = ConcurrentHashMap.newKeySet();
        ExecutorService clients = Executors.newFixedThreadPool(8);
        try {
            AtomicInteger running = new AtomicInteger(1);
            var talking = IntStream.range(0, 8)
                    .<Future<?>>mapToObj(i -> clients.submit(() -> {
                        while (running.get() == 1) {
                            HttpResponse<String> answer = chat("s" + REQUESTS.incrementAndGet());
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
        start(EngineModel.INSTANT);
        SimulatedServer sick = fleet.servers().get(1);
        String ejections = "warmlane_ejections_total{pool=\"default\",reason=\"health_check\"}";
        double before = metric(ejections);
        sick.faults(Faults.builder().unhealthy(true).build());
        await().atMost(PATIENCE).untilAsserted(() -> {
            JsonNode status = status(sick);
            assertThat(status.at("/state").asString()).isEqualTo("ejected");
            assertThat(status.at("/ejection/reason").asString()).isEqualTo("health_check");
            assertThat(status.at("/ejection/remainingMillis").isNull()).isTrue();
        });
        assertThat(healthDetail())
                .isEqualTo("3 of 4 endpoints selectable; %s ejected (health_check)".formatted(name(sick)));
        assertThat(metric(ejections)).isEqualTo(before + 1);
        assertThat(metric("warmlane_endpoints{pool=\"default\",state=\"ejected\"}"))
                .isEqualTo(1);

        sick.faults(Faults.NONE);
        awaitUse(sick);
        await().atMost(PATIENCE).until(() -> healthDetail().equals("4 of 4 endpoints selectable"));
    }

    @Test
    void aPodThatAnswers503IsEjectedThoughItsHealthCheckPasses() {
        start(EngineModel.INSTANT);
        SimulatedServer broken = fleet.servers().get(2);
        broken.faults(Faults.builder().status(503).build());
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(chat("s" + REQUESTS.incrementAndGet()).statusCode()).isEqualTo(200);
            assertThat(status(broken).at("/ejection/reason").asString()).isIn("consecutive_failures", "success_rate");
        });
        long before = broken.stats().requests();
        for (int i = 0; i < 20; i++) {
            chat("t" + REQUESTS.incrementAndGet());
        }
        assertThat(broken.stats().requests() - before)
                .as("nothing but the one request of a probation")
                .isLessThanOrEqualTo(1);

        broken.faults(Faults.NONE);
        awaitUse(broken);
    }

    @Test
    void allAreUsedWhenMoreThanHalfAreOutAndNoRequestFails() {
        start(EngineModel.INSTANT);
        for (SimulatedServer dead : fleet.servers().subList(0, 3)) {
            dead.stop();
        }
        await().atMost(PATIENCE).until(() -> metric("warmlane_pool_panic{pool=\"default\"}") == 1);
        assertThat(client.getJson(gateway.management("/actuator/vllm"))
                        .at("/pools/0/panic")
                        .asBoolean())
                .isTrue();
        assertThat(healthDetail())
                .startsWith("1 of 4 endpoints selectable, too few to be used alone, so all are used; ");
        assertThat(client.get(gateway.management("/actuator/health/liveness")).statusCode())
                .isEqualTo(200);
        for (int i = 0; i < 20; i++) {
            assertThat(chat("p" + REQUESTS.incrementAndGet()).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aPanicCountsWhatIsHealthyAndDegradesHealth() {
        start(EngineModel.INSTANT);
        for (SimulatedServer dead : fleet.servers().subList(0, 3)) {
            dead.stop();
        }
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(metric("warmlane_selectable_endpoints{pool=\"default\"}"))
                        .isEqualTo(1));
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
        start(EngineModel.INSTANT);
        fleet.servers().forEach(SimulatedServer::stop);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(metric("warmlane_selectable_endpoints{pool=\"default\"}"))
                        .isEqualTo(0));
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
        start(EngineModel.INSTANT);
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
            chat("f" + REQUESTS.incrementAndGet());
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
                .until(() -> endpoint(chat("u" + REQUESTS.incrementAndGet())).equals(name(server)));
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

    /** NaN where there is none. */
    private double metric(String series) {
        return client.get(gateway.management("/actuator/prometheus"))
                .body()
                .lines()
                .filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
                .findFirst()
                .orElse(Double.NaN);
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
