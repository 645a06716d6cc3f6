package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.GatewayProcess;
import dev.warmlane.harness.PrometheusProcess;
import dev.warmlane.harness.ReplicaClients;
import dev.warmlane.harness.ReplicaProcesses;
import dev.warmlane.harness.RoundRobin;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.validation.ValidateCommand;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;

/** Two gateway processes behind a plain load balancer, with what a network and a rollout do to them. */
@Tag("processes")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ReplicaProcessesIT {
    private static final int REPLICAS = 2;
    private static final int LAST = REPLICAS - 1;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int CLIENTS = 6;
    private static final int ABORTING_CLIENTS = 16;
    private static final int REQUESTS_OF_EACH = 9;
    private static final int PARTED = 20;

    private final ChatClient client = new ChatClient();
    private SimulatedFleet fleet;
    private ReplicaProcesses replicas;

    @BeforeAll
    void start(@TempDir Path directory) {
        fleet = SimulatedFleet.start(FleetOptions.demo(0, 4).withServer(ServerOptions.DEFAULTS.withOutputTokens(10)));
        replicas = ReplicaProcesses.start(directory, fleet.uris(), REPLICAS);
    }

    @AfterAll
    void stop() {
        replicas.close();
        fleet.close();
    }

    @Test
    @Order(1)
    void aRoundRobinOverThemKeepsSessionsWhereTheyAre() {
        try (RoundRobin balancer = RoundRobin.over(replicas.uris())) {
            JsonNode report = validate(balancer.uri());
            assertThat(report.get("stickiness").asDouble()).isEqualTo(1);
            // ValidateIT asks the same of one gateway.
            assertThat(report.get("shareOfPossible").asDouble()).isBetween(0.85, 1.01);
        }
    }

    @Test
    @Order(2)
    void nothingIsLeftInFlightAnywhereAfterClientsHaveGone() throws Exception {
        List<URI> chats = replicas.gateways().stream()
                .map(gateway -> gateway.uri("/v1/chat/completions"))
                .toList();
        all(IntStream.range(0, ABORTING_CLIENTS)
                .<Callable<Boolean>>mapToObj(id -> () -> abortMany(chats, id))
                .toList());
        await().atMost(PATIENCE)
                .pollInterval(GatewayProcess.POLL)
                .untilAsserted(() -> assertThat(replicas.gateways()).allSatisfy(gateway -> {
                    JsonNode explained = explain(gateway);
                    assertThat(explained.findValues("inFlight")).hasSize(4).allMatch(count -> count.asInt() == 0);
                    assertThat(explained.findValues("inFlightPromptTokens")).allMatch(count -> count.asInt() == 0);
                    assertThat(explained.findValues("replicasInFlight")).allMatch(count -> count.asInt() == 0);
                }));
    }

    @Test
    @Order(3)
    void bothSidesOfAPartitionServeAndAgreeAfterIt() {
        replicas.part();
        List<GatewayProcess> sides = replicas.gateways();
        // One side knows of an endpoint less, so that it binds sessions elsewhere.
        String drained = fleet.uris().get(0).toString();
        act(sides.get(LAST), drained, "drain");
        for (GatewayProcess side : sides) {
            for (int key = 0; key < PARTED; key++) {
                ask(side, "parted-" + key);
            }
        }
        assertThat(firstThatDiffers(sides)).isNotNull();
        act(sides.get(LAST), drained, "readmit");
        replicas.merge();
        await().atMost(PATIENCE)
                .pollInterval(GatewayProcess.POLL)
                .untilAsserted(() -> assertThat(firstThatDiffers(sides)).isNull());
    }

    /** A session that is bound elsewhere by each side; null if there is none. Every question takes CPU that the replicas need to find each other. */
    private @Nullable String firstThatDiffers(List<GatewayProcess> sides) {
        return IntStream.range(0, PARTED)
                .mapToObj(key -> "parted-" + key)
                .filter(session -> sides.stream()
                                .map(side -> boundEndpoint(side, session))
                                .distinct()
                                .count()
                        > 1)
                .findFirst()
                .orElse(null);
    }

    private void act(GatewayProcess gateway, String endpoint, String action) {
        HttpResponse<String> response = client.post(
                gateway.management("/dashboard/endpoint"),
                "{\"pool\":\"default\",\"endpoint\":\"%s\",\"action\":\"%s\"}".formatted(endpoint, action),
                Map.of("content-type", "application/json"));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    }

    @Test
    @Order(4)
    void oneThatIsKilledTakesOnlyItsOwnConnectionsAndComesBackWarm() throws Exception {
        GatewayProcess killed = replicas.gateways().get(LAST);
        try (ReplicaClients clients = ReplicaClients.start(replicas.gateways(), CLIENTS)) {
            awaitMoreAnswers(clients, 4 * CLIENTS);
            killed.close();
            awaitMoreAnswers(clients, 4 * CLIENTS);
            GatewayProcess back = replicas.restart(LAST);
            for (int id = 0; id < CLIENTS; id++) {
                HttpResponse<String> response = client.post(
                        back.uri("/v1/chat/completions"),
                        ReplicaClients.body(id, 0, false),
                        Map.of("x-session-id", "client-" + id));
                assertThat(response.headers().firstValue("x-warmlane-affinity")).contains("session;bound");
            }
            client.getJson(back.management("/actuator/decisions?limit=" + CLIENTS))
                    .at("/decisions")
                    .forEach(decision ->
                            assertThat(decision.get("matchedTokens").asLong()).isGreaterThan(1000));
            awaitMoreAnswers(clients, 4 * CLIENTS);
            clients.stop();
            assertThat(clients.failures()).allMatch(failure -> failure.endsWith(" from " + killed.port()));
        }
    }

    /** After it none of the processes is left that the test began with. */
    @Test
    @Order(5)
    void aRollingRestartOfTheOthersUnderLoadIsSeenByNobody() throws Exception {
        replicas.awaitMembers();
        try (ReplicaClients clients = ReplicaClients.start(replicas.gateways(), CLIENTS)) {
            awaitMoreAnswers(clients, 2 * CLIENTS);
            for (int number = 0; number < LAST; number++) {
                GatewayProcess leaving = replicas.gateways().get(number);
                try (InputStream stream = beginStream(leaving)) {
                    leaving.terminate();
                    assertThat(new String(stream.readAllBytes(), StandardCharsets.UTF_8))
                            .endsWith("data: [DONE]\n\n");
                }
                assertThat(leaving.awaitExit()).as(leaving::output).isZero();
                assertThat(leaving.output())
                        .containsPattern("not ready any more, [1-9]\\d* requests? running")
                        .contains("drained: every request has been answered");
                replicas.restart(number);
                awaitMoreAnswers(clients, 2 * CLIENTS);
            }
            clients.stop();
            assertThat(clients.failures()).isEmpty();
            assertThat(clients.endpoints().values())
                    .allSatisfy(visited -> assertThat(visited).hasSize(1));
        }
    }

    @Test
    @Order(6)
    void oneThatIsGoneIsNamedByEventsLogAndAlert(@TempDir Path folder) throws IOException {
        PrometheusProcess.assumeInstalled();
        GatewayProcess stays = replicas.gateways().get(0);
        GatewayProcess gone = replicas.gateways().get(LAST);
        try (PrometheusProcess prometheus =
                PrometheusProcess.watching(folder, List.of(stays.management("/"), gone.management("/")))) {
            assertThat(events(stays)).doesNotContain("replica replica-1 left");
            gone.close();
            await().atMost(PATIENCE).pollInterval(PrometheusProcess.POLL).untilAsserted(() -> {
                assertThat(events(stays)).contains("replica replica-1 left");
                assertThat(prometheus.alerts())
                        .contains("WarmlaneReplicaDown " + gone.management("/").getAuthority());
                assertThat(stays.output()).contains("cluster: replica replica-1 left");
            });
        }
    }

    private String events(GatewayProcess gateway) {
        return client.get(gateway.management("/dashboard/events")).body();
    }

    /** A stream of four seconds, longer than a leaving replica takes requests, of which the first byte has come. */
    private static InputStream beginStream(GatewayProcess gateway) throws IOException, InterruptedException {
        HttpRequest request = ChatClient.request(gateway.uri("/v1/completions"), Map.of())
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"model\":\"Qwen/Qwen3-0.6B\",\"prompt\":\"hello\",\"max_tokens\":1000,\"stream\":true}"))
                .build();
        InputStream stream = http1().send(request, BodyHandlers.ofInputStream()).body();
        assertThat(stream.read()).isEqualTo('d');
        return stream;
    }

    private JsonNode validate(URI balancer) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command = new CommandLine(new ValidateCommand());
        command.setOut(new PrintWriter(out));
        command.setErr(new PrintWriter(err));
        int code = command.execute(
                "--format=json",
                "--gateway=" + balancer,
                "--management=" + replicas.gateways().get(0).management("/"));
        assertThat(code).as(err + "%s", out).isZero();
        return ChatClient.JSON.readTree(out.toString());
    }

    /** Streams of which two in three are left: at once, or at their first bytes. */
    private static boolean abortMany(List<URI> chats, int id) throws IOException, InterruptedException {
        HttpClient http = http1();
        for (int i = 0; i < REQUESTS_OF_EACH; i++) {
            HttpRequest request = ChatClient.request(
                            chats.get(i % chats.size()), Map.of("x-session-id", "leaving-" + id))
                    .POST(HttpRequest.BodyPublishers.ofString(ReplicaClients.body(id, i, true)))
                    .build();
            if (i % 3 == 0) {
                http.sendAsync(request, BodyHandlers.discarding()).cancel(true);
                continue;
            }
            try (InputStream body =
                    http.send(request, BodyHandlers.ofInputStream()).body()) {
                body.read();
                if (i % 3 == 1) {
                    body.readAllBytes();
                }
            }
        }
        return true;
    }

    private static HttpClient http1() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    private void ask(GatewayProcess gateway, String session) {
        HttpResponse<String> response = client.post(
                gateway.uri("/v1/chat/completions"),
                ChatClient.body("a question of " + session),
                Map.of("x-session-id", session));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    }

    private String boundEndpoint(GatewayProcess gateway, String session) {
        return client.getJson(gateway.management("/actuator/affinity/session/" + session))
                .at("/bindings/0/endpoint")
                .asString();
    }

    private JsonNode explain(GatewayProcess gateway) {
        return ChatClient.json(client.post(
                gateway.management("/actuator/decisions"),
                ChatClient.body("explain"),
                Map.of("content-type", "application/json")));
    }

    private static void awaitMoreAnswers(ReplicaClients clients, int count) {
        int before = clients.answered();
        await().atMost(PATIENCE).until(() -> clients.answered() >= before + count);
    }

    private static void all(List<Callable<Boolean>> tasks) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(tasks.size());
        try {
            for (Future<Boolean> done : threads.invokeAll(tasks)) {
                assertThat(done.get()).isTrue();
            }
        } finally {
            threads.shutdown();
        }
    }
}
