package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.health.Drains.Drain;
import dev.warmlane.core.health.PoolHealth;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.harness.ApiDocument;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.harness.TalkingSessions;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.SimulatedServer;
import dev.warmlane.tools.simulator.engine.EngineModel;
import dev.warmlane.tools.simulator.engine.EngineModel.CacheConfig;
import dev.warmlane.tools.simulator.engine.EngineStats;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Servers that have several data-parallel ranks behind one port: each rank is an endpoint. */
class RanksIT {
    private static final int SESSIONS = 24;
    private static final int TURNS = 5;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final SharedGateways GATEWAYS = new SharedGateways(RunningGateway::start);

    private final ChatClient client = new ChatClient();
    private SimulatedFleet fleet;
    private RunningGateway gateway;

    @AfterEach
    void stop() {
        fleet.close();
    }

    @AfterAll
    static void closeGateways() {
        GATEWAYS.close();
    }

    private void start(int servers, ServerOptions options, String... settings) {
        fleet = SimulatedFleet.start(FleetOptions.demo(0, servers).withServer(options));
        List<String> all = new ArrayList<>(List.of(settings));
        all.add("warmlane.scrape.interval=200ms");
        gateway = GATEWAYS.inFrontOf(fleet, all.toArray(new String[0]));
        int ranks = all.contains("warmlane.pools[0].ranks=off") ? 1 : options.ranks();
        await().until(() -> names().size() == servers * ranks);
    }

    private static ServerOptions instant(int ranks) {
        return ServerOptions.DEFAULTS.withEngine(EngineModel.INSTANT).withRanks(ranks);
    }

    @Test
    void twoRanksBehindOnePortHitTheirCachesAsTwoPodsDo() throws Exception {
        // All sessions fit into both caches together, and not into one.
        ServerOptions server = ServerOptions.DEFAULTS
                .withEngine(EngineModel.INSTANT)
                .withCache(CacheConfig.ofTokens(16, SESSIONS * 1_500));
        start(2, server);
        double pods = talk();
        stop();
        start(1, server.withRanks(2), "warmlane.pools[0].ranks=off");
        double balancedByVllm = talk();
        stop();
        start(1, server.withRanks(2));
        double ranks = talk();

        assertThat(ranks).as("two ranks").isCloseTo(pods, within(0.01)).isGreaterThan(balancedByVllm + 0.1);
        assertThat(List.of(hitRatio(engine(0)), hitRatio(engine(1))))
                .as("each knows of its own cache")
                .allSatisfy(ratio -> assertThat(ratio).isCloseTo(ranks, within(0.1)));
    }

    @Test
    void aServerThatIsGoneTakesAllItsRanksWithItAndNoRequestIsLost() throws Exception {
        // One retry: it must not go to the other rank of the server that is gone.
        start(2, instant(2), "warmlane.retry.max-retries=1");
        try (TalkingSessions sessions = TalkingSessions.start(gateway, 8)) {
            sessions.awaitAnotherRequestOfEach(PATIENCE);
            SimulatedServer gone = fleet.servers().get(0);
            gone.stop();
            await().until(() -> states(gone).stream().noneMatch(EndpointState::acceptsNew));
            assertThat(states(fleet.servers().get(1))).allMatch(EndpointState::acceptsNew);
            sessions.awaitAnotherRequestOfEach(PATIENCE);
            gone.restart();
            await().atMost(PATIENCE).until(() -> states(gone).stream().allMatch(EndpointState::acceptsNew));
            sessions.awaitAnotherRequestOfEach(PATIENCE);
            sessions.stop();
            assertThat(sessions.failures()).isEmpty();
        }
        assertThat(states(fleet.servers().get(0))).hasSize(2);
    }

    @Test
    void followsAServerThatScalesFromOneRankToTwoAndBackWithoutLosingARequest() throws Exception {
        start(1, instant(1));
        SimulatedServer server = fleet.servers().get(0);
        try (TalkingSessions sessions = TalkingSessions.start(gateway, 8)) {
            sessions.awaitAnotherRequestOfEach(PATIENCE);
            server.scale(2);
            await().until(() -> names().equals(List.of(name(server) + "#0", name(server) + "#1")));
            sessions.awaitAnotherRequestOfEach(PATIENCE);
            sessions.awaitAnotherRequestOfEach(PATIENCE);
            assertThat(server.engineStats(1).generationTokens()).isPositive();
            server.scale(1);
            // At once: the gateway still believes that there are two.
            sessions.awaitAnotherRequestOfEach(PATIENCE);
            await().until(() -> names().equals(List.of(name(server))));
            sessions.awaitAnotherRequestOfEach(PATIENCE);
            sessions.stop();
            assertThat(sessions.failures()).isEmpty();
        }
    }

    @Test
    void theGatewayNamesTheRankWhateverTheClientAsksFor() {
        start(1, instant(2));
        for (int i = 0; i < 8; i++) {
            HttpResponse<String> response = chat("session-" + i, "X-Data-Parallel-Rank", "7");
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            assertThat(endpoint(response)).startsWith(name(fleet.servers().get(0)) + "#");
        }
    }

    @Test
    void leavesTheChoiceOfARankToVllmAndItsClientsWhereTheyAreOff() {
        start(1, instant(2), "warmlane.pools[0].ranks=off");
        HttpResponse<String> response = chat("session", "X-data-parallel-rank", "1");
        assertThat(endpoint(response)).isEqualTo(name(fleet.servers().get(0)));
        assertThat(engine(1).generationTokens()).isPositive();
        assertThat(chat("session", "X-data-parallel-rank", "2").body()).contains("out of range [0, 2)");
    }

    @Test
    void knowsANumberThatIsSetBeforeTheServerAnswers() {
        fleet = SimulatedFleet.start(FleetOptions.instant(1));
        gateway = GATEWAYS.with(
                "warmlane.pools[0].name=default",
                "warmlane.pools[0].endpoints=http://127.0.0.1:9",
                "warmlane.pools[0].ranks=3");
        assertThat(names()).containsExactly("127.0.0.1:9#0", "127.0.0.1:9#1", "127.0.0.1:9#2");
    }

    @Test
    void ranksAreShownUnderTheirServerAndTotalsAreSums() {
        start(1, instant(2));
        IntStream.range(0, 8).forEach(i -> chat("session-" + i));
        await().untilAsserted(() -> {
            JsonNode pool = client.getJson(gateway.management("/actuator/vllm")).at("/pools/0");
            JsonNode endpoints = pool.path("endpoints");
            assertThat(endpoints).hasSize(2);
            long queried = 0;
            for (int rank = 0; rank < 2; rank++) {
                JsonNode endpoint = endpoints.get(rank);
                assertThat(endpoint.path("server").asString())
                        .isEqualTo(name(fleet.servers().get(0)));
                assertThat(endpoint.path("rank").asInt(-1)).isEqualTo(rank);
                assertThat(endpoint.path("uri").asString())
                        .isEqualTo(fleet.uris().get(0).toString());
                assertThat(endpoint.path("blocks").asInt()).isEqualTo(27_652);
                assertThat(endpoint.at("/prefixCache/queriedTokens").asLong())
                        .isEqualTo(engine(rank).queriedTokens());
                queried += engine(rank).queriedTokens();
            }
            assertThat(pool.at("/totals/prefixCache/queriedTokens").asLong()).isEqualTo(queried);
        });
    }

    @Test
    void aServerIsShownByItsRanks() {
        start(1, instant(2));
        String server = name(fleet.servers().get(0));
        String shown =
                client.get(gateway.management("/actuator/vllm/" + server)).body();
        JsonNode ranks = JsonMapper.shared().readTree(shown).path("ranks");
        assertThat(ranks)
                .extracting(rank -> rank.path("name").asString())
                .containsExactly(server + "#0", server + "#1");
        assertThat(new ApiDocument().faults("get", "/actuator/vllm/{endpoint}", "application/json", shown))
                .isEmpty();
        assertThat(client.getJson(gateway.management("/actuator/vllm/" + server + "%231"))
                        .path("rank")
                        .asInt())
                .isEqualTo(1);
    }

    @Test
    void anOperatorWhoDrainsARankDrainsItsServer() {
        start(2, instant(2));
        PoolHealth health = gateway.bean(Pools.class).get("default").health();
        EndpointId rank = gateway.router().pool().snapshot().endpoints().get(1).id();
        assertThat(health.drains().here(rank, new Drain(true, 1))).isTrue();
        assertThat(states(fleet.servers().get(0))).containsOnly(EndpointState.DRAINED);
        assertThat(states(fleet.servers().get(1))).allMatch(EndpointState::acceptsNew);
    }

    /** Sessions that take turns, all at a time; the hit ratio of all engines. */
    private double talk() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(SESSIONS);
        try {
            List<ChatClient.Conversation> conversations = IntStream.range(0, SESSIONS)
                    .mapToObj(i -> client
                    .new Conversation(
                            gateway.uri("/v1/chat/completions"),
                            ChatClient.text(1_000, "system of " + i),
                            Map.of("x-session-id", "session-" + i)))
                    .toList();
            for (int turn = 0; turn < TURNS; turn++) {
                List<Future<Integer>> answers = new ArrayList<>();
                String question = "question " + turn;
                conversations.forEach(conversation -> answers.add(
                        threads.submit(() -> conversation.say(question).statusCode())));
                for (Future<Integer> answer : answers) {
                    assertThat(answer.get()).isEqualTo(200);
                }
            }
        } finally {
            threads.shutdown();
        }
        return hitRatio(fleet.servers().stream()
                .map(SimulatedServer::engineStats)
                .reduce(EngineStats::plus)
                .orElseThrow());
    }

    private static double hitRatio(EngineStats stats) {
        return (double) stats.hitTokens() / stats.queriedTokens();
    }

    private EngineStats engine(int rank) {
        return fleet.servers().get(0).engineStats(rank);
    }

    private HttpResponse<String> chat(String session, String... header) {
        Map<String, String> headers = header.length == 0
                ? Map.of("x-session-id", session)
                : Map.of("x-session-id", session, header[0], header[1]);
        return client.post(gateway.uri("/v1/chat/completions"), ChatClient.body("I am " + session), headers);
    }

    private List<String> names() {
        return gateway.router().pool().snapshot().endpoints().stream()
                .map(Endpoint::name)
                .toList();
    }

    private List<EndpointState> states(SimulatedServer server) {
        return gateway.router().pool().snapshot().endpoints().stream()
                .filter(endpoint -> endpoint.uri().equals(server.uri()))
                .map(Endpoint::state)
                .toList();
    }

    private static String name(SimulatedServer server) {
        return server.uri().getAuthority();
    }

    private static String endpoint(HttpResponse<String> response) {
        return response.headers().firstValue("x-warmlane-endpoint").orElseThrow();
    }
}
