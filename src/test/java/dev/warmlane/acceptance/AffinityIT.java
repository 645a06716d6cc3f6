package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.ChatClient.Conversation;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import dev.warmlane.tools.simulator.SimulatedServer;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Sessions stay with their endpoint and find their cache there; endpoints share the work. */
class AffinityIT {
    private static final String SYSTEM_PROMPT = ChatClient.text(2000, "rule");

    private static final SharedGateways GATEWAYS = new SharedGateways(RunningGateway::start);

    private final ChatClient client = new ChatClient();
    private SimulatedFleet fleet;
    private RunningGateway gateway;

    @BeforeEach
    void start() {
        fleet = SimulatedFleet.start(FleetOptions.demo(0, 4));
        gateway = GATEWAYS.inFrontOf(fleet, "warmlane.affinity.client-ip.shared-networks=127.0.0.0/8");
    }

    @AfterEach
    void stop() {
        fleet.close();
    }

    @AfterAll
    static void closeGateways() {
        GATEWAYS.close();
    }

    @Test
    void aHundredGrowingSessionsStayPutAndHitTheirCache() throws Exception {
        Map<String, Set<String>> endpointsBySession = new ConcurrentHashMap<>();
        converse(
                100,
                6,
                session -> Map.of("x-session-id", session),
                (session, response) -> endpointsBySession
                        .computeIfAbsent(session, s -> ConcurrentHashMap.newKeySet())
                        .add(response.headers()
                                .firstValue("x-warmlane-endpoint")
                                .orElseThrow()));

        assertThat(endpointsBySession).hasSize(100);
        assertThat(endpointsBySession.values())
                .allSatisfy(endpoints -> assertThat(endpoints).hasSize(1));
        assertThat(imbalance()).isLessThanOrEqualTo(1.35);
        assertThat(hitRatio()).isGreaterThanOrEqualTo(0.80);
        await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
        totalsEqualTheSumOfThePods();
    }

    @Test
    void aFloodThatSharesItsSystemPromptSpreadsByPromptAlone() throws Exception {
        converse(
                100,
                3,
                session -> Map.of(),
                (session, response) -> assertThat(response.headers()
                                .firstValue("x-warmlane-affinity")
                                .orElseThrow())
                        .startsWith("prompt-prefix;"));

        assertThat(imbalance()).isLessThanOrEqualTo(1.5);
        assertThat(hitRatio()).isGreaterThanOrEqualTo(0.80);
    }

    private void totalsEqualTheSumOfThePods() {
        await().untilAsserted(() -> {
            JsonNode totals =
                    client.getJson(gateway.management("/actuator/vllm")).at("/pools/0/totals/prefixCache");
            assertThat(totals.get("queriedTokens").asLong()).isEqualTo(queriedTokens());
            assertThat(totals.get("hitTokens").asLong()).isEqualTo(hitTokens());
        });
    }

    /** Runs conversations side by side, each turn by turn. */
    private void converse(
            int sessions,
            int turns,
            Function<String, Map<String, String>> headers,
            BiConsumer<String, HttpResponse<String>> eachAnswer)
            throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(sessions);
        try {
            List<Callable<Void>> conversations = new ArrayList<>();
            for (int s = 0; s < sessions; s++) {
                String session = "session-" + s;
                conversations.add(() -> {
                    Conversation conversation = client
                    .new Conversation(gateway.uri("/v1/chat/completions"), SYSTEM_PROMPT, headers.apply(session));
                    for (int turn = 0; turn < turns; turn++) {
                        HttpResponse<String> response = conversation.say(ChatClient.text(50, session + "-" + turn));
                        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
                        eachAnswer.accept(session, response);
                    }
                    return null;
                });
            }
            for (Future<Void> done : clients.invokeAll(conversations)) {
                done.get();
            }
        } finally {
            clients.shutdown();
        }
    }

    /** Requests of the busiest endpoint over the mean. */
    private double imbalance() {
        long most = 0;
        long total = 0;
        for (SimulatedServer server : fleet.servers()) {
            most = Math.max(most, server.stats().requests());
            total += server.stats().requests();
        }
        return (double) most * fleet.servers().size() / total;
    }

    private double hitRatio() {
        return (double) hitTokens() / queriedTokens();
    }

    private long hitTokens() {
        return fleet.servers().stream()
                .mapToLong(s -> s.engineStats().hitTokens())
                .sum();
    }

    private long queriedTokens() {
        return fleet.servers().stream()
                .mapToLong(s -> s.engineStats().queriedTokens())
                .sum();
    }
}
