package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.cluster.ClusterTransport;
import dev.warmlane.cluster.ReplicaSharing;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.routing.EndpointExperience;
import dev.warmlane.core.sharing.Replication;
import dev.warmlane.harness.ApiDocument;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.ChatClient.Conversation;
import dev.warmlane.harness.FreePorts;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import tools.jackson.databind.JsonNode;

/** Several gateways act as one, whichever of them a request comes to. Who joins and who leaves comes last. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ReplicasIT {
    private static final String SYSTEM_PROMPT = ChatClient.text(2000, "rule");
    private static final int REPLICAS = 3;

    private final ChatClient client = new ChatClient();
    private final List<RunningGateway> gateways = new ArrayList<>();
    private List<Integer> ports = List.of();
    private SimulatedFleet fleet;

    @BeforeAll
    void start() {
        fleet = SimulatedFleet.start(FleetOptions.demo(0, 4));
        ports = Stream.generate(FreePorts::take).limit(REPLICAS + 1).toList();
        for (int i = 0; i < REPLICAS; i++) {
            join(i);
        }
        awaitMembers(REPLICAS);
    }

    @AfterAll
    void stop() {
        gateways.forEach(RunningGateway::close);
        fleet.close();
    }

    @Test
    void aSessionStaysWithItsEndpointThroughAllOfThem() throws Exception {
        List<Callable<Set<String>>> sessions = new ArrayList<>();
        for (int s = 0; s < 40; s++) {
            String session = "session-" + s;
            sessions.add(() -> {
                Set<String> endpoints = new HashSet<>();
                List<Map<String, String>> messages = new ArrayList<>();
                messages.add(Map.of("role", "system", "content", SYSTEM_PROMPT));
                for (int turn = 0; turn < 6; turn++) {
                    messages.add(Map.of("role", "user", "content", ChatClient.text(50, session + "-" + turn)));
                    HttpResponse<String> response = client.post(
                            gateways.get(turn % REPLICAS).uri("/v1/chat/completions"),
                            ChatClient.body(messages, false),
                            Map.of("x-session-id", session));
                    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
                    endpoints.add(endpoint(response));
                }
                return endpoints;
            });
        }
        assertThat(all(sessions)).allSatisfy(endpoints -> assertThat(endpoints).hasSize(1));
        await().untilAsserted(() -> assertThat(gateways)
                .allSatisfy(gateway -> assertThat(othersInFlight(gateway)).isZero()));
        await().untilAsserted(() -> {
            List<Long> seen = cacheSeen(gateways.get(0));
            assertThat(seen.get(0)).isEqualTo(REPLICAS);
            assertThat(seen.get(1)).isGreaterThanOrEqualTo(40 * 6);
            assertThat(seen.get(2)).isEqualTo(40 * 5);
            assertThat(gateways).extracting(this::cacheSeen).containsOnly(seen);
        });
    }

    /** Replicas whose requests count, these, and how many went on after another of their session. */
    private List<Long> cacheSeen(RunningGateway gateway) {
        JsonNode seen = client.getJson(gateway.management("/actuator/cache/default"));
        return List.of(
                seen.path("replicas").asLong(),
                seen.at("/day/requests").asLong(),
                seen.at("/day/ladder/turns").asLong());
    }

    @Test
    @Order(Integer.MAX_VALUE - 1)
    void aReplicaThatJoinsKnowsSessionsAndCaches() throws Exception {
        Conversation conversation =
                client.new Conversation(gateways.get(0).uri("/v1/chat/completions"), SYSTEM_PROMPT, session("alice"));
        String endpoint = endpoint(conversation.say("hello"));
        await().untilAsserted(() -> assertThat(knows(gateways.get(1), "alice")).isTrue());
        repeat(gateways.get(0), true);
        EndpointExperience seen = experience(gateways.get(0), endpoint);
        assertThat(seen.firstTokens()).isPositive();

        RunningGateway joined = join(REPLICAS);
        EndpointExperience told = experience(joined, endpoint);
        assertThat(told.firstTokens()).isEqualTo(seen.firstTokens());
        assertThat(told.speed()).isEqualTo(seen.speed());
        HttpResponse<String> response = repeat(joined, false);
        assertThat(endpoint(response)).isEqualTo(endpoint);
        assertThat(response.headers().firstValue("x-warmlane-affinity")).contains("session;bound");
        JsonNode decision =
                client.getJson(joined.management("/actuator/decisions?limit=1")).at("/decisions/0");
        assertThat(decision.get("matchedTokens").asLong()).isGreaterThan(1000);
        assertThat(client.getJson(joined.management("/actuator/cluster"))
                        .at("/lastStateTransfer/outcome")
                        .asString())
                .isEqualTo("complete");
    }

    private HttpResponse<String> repeat(RunningGateway gateway, boolean stream) {
        return client.post(
                gateway.uri("/v1/chat/completions"),
                ChatClient.body(
                        List.of(
                                Map.of("role", "system", "content", SYSTEM_PROMPT),
                                Map.of("role", "user", "content", "hello")),
                        stream),
                session("alice"));
    }

    private static EndpointExperience experience(RunningGateway gateway, String endpoint) {
        Endpoint named = gateway.router().pool().snapshot().endpoints().stream()
                .filter(each -> each.name().equals(endpoint))
                .findFirst()
                .orElseThrow();
        return gateway.router().notes().experience(named.id());
    }

    @Test
    void whatAnOperatorReleasesIsReleasedEverywhere() throws Exception {
        client.new Conversation(gateways.get(0).uri("/v1/chat/completions"), SYSTEM_PROMPT, session("bob"))
                .say("hello");
        await().untilAsserted(() -> assertThat(gateways)
                .allSatisfy(gateway -> assertThat(knows(gateway, "bob")).isTrue()));
        client.send(java.net.http.HttpRequest.newBuilder(gateways.get(2).management("/actuator/affinity/session/bob"))
                .DELETE()
                .build());
        await().untilAsserted(() -> assertThat(gateways)
                .allSatisfy(gateway -> assertThat(knows(gateway, "bob")).isFalse()));
    }

    @Test
    void thePageOfTheClusterNamesTheOthers() {
        JsonNode page = client.getJson(gateways.get(0).management("/actuator/cluster"));
        assertThat(page.at("/enabled").asBoolean()).isTrue();
        assertThat(page.at("/self/name").asString()).isEqualTo("replica-0");
        assertThat(page.at("/members")).hasSize(REPLICAS - 1);
        assertThat(page.at("/members/0/version").asString()).isNotEmpty();
    }

    @Test
    void thePageOfTheClusterIsAsDocumented() {
        String page =
                client.get(gateways.get(1).management("/actuator/cluster")).body();
        assertThat(page).contains("\"outcome\"");
        assertThat(new ApiDocument().faults("get", "/actuator/cluster", "application/json", page))
                .isEmpty();
    }

    @Test
    void aReplicaWithOtherSettingsIsNamedUntilTheyAreTheSame() {
        RunningGateway other = gateways.get(1);
        Replication told = other.bean(ReplicaSharing.class).replication();
        Map<String, Long> same = told.ownSettings();
        Map<String, Long> differing = new HashMap<>(same);
        differing.put("affinity", 0L);
        told.tellSettings(differing);
        await().untilAsserted(() -> assertThat(differingSettings(gateways.get(0)))
                .containsExactly("replica-1 [\"affinity\"]", "replica-2 []"));
        await().untilAsserted(() -> assertThat(client.firstEvent(gateways.get(0).management("/dashboard/live"))
                        .findValues("differingSettings"))
                .filteredOn(each -> !each.isNull())
                .extracting(each -> each.get("groups").toString())
                .containsExactly("[\"affinity\"]"));
        assertThat(client.getJson(gateways.get(0).management("/actuator/health"))
                        .at("/components/replicas/details/differingSettings/replica-1/0")
                        .asString())
                .isEqualTo("affinity");
        assertThat(client.get(gateways.get(0).management("/actuator/prometheus"))
                        .body())
                .contains("warmlane_cluster_settings_differing 1.0");

        told.tellSettings(same);
        await().untilAsserted(() -> assertThat(gateways)
                .allSatisfy(
                        gateway -> assertThat(gateway.bean(ReplicaSharing.class).differingSettings())
                                .isEmpty()));
    }

    private List<String> differingSettings(RunningGateway gateway) {
        List<String> differing = new ArrayList<>();
        client.getJson(gateway.management("/actuator/cluster"))
                .get("members")
                .forEach(
                        member -> differing.add(member.get("name").asString() + " " + member.get("differingSettings")));
        return differing.stream().sorted().toList();
    }

    @Test
    void thePageOfEachShowsHowTheOthersSeeThePools() {
        client.new Conversation(gateways.get(1).uri("/v1/chat/completions"), SYSTEM_PROMPT, session("dora"))
                .say("hello");
        await().untilAsserted(() -> {
            JsonNode replicas = client.firstEvent(gateways.get(0).management("/dashboard/live"))
                    .get("replicas");
            assertThat(replicas.findValuesAsString("name")).contains("replica-0", "replica-1", "replica-2");
            assertThat(replicas.findValues("lastMinute")).hasSize(REPLICAS);
            assertThat(replicas.get(1).at("/pools/0/selectable").asInt()).isEqualTo(4);
        });
    }

    @Test
    void whatAnOperatorDrainsIsDrainedEverywhereUntilItIsReadmitted() {
        String drained = fleet.uris().get(3).toString();
        order(gateways.get(0), "drain", drained);
        await().untilAsserted(() -> assertThat(gateways)
                .allSatisfy(gateway -> assertThat(state(gateway, 3)).isEqualTo("drained")));
        order(gateways.get(1), "readmit", drained);
        await().untilAsserted(() -> assertThat(gateways)
                .allSatisfy(gateway -> assertThat(state(gateway, 3)).isEqualTo("ready")));
    }

    private void order(RunningGateway gateway, String action, String endpoint) {
        String body = "{\"pool\":\"default\",\"endpoint\":\"%s\",\"action\":\"%s\"}".formatted(endpoint, action);
        assertThat(client.post(gateway.management("/dashboard/endpoint"), body, Map.of())
                        .statusCode())
                .isEqualTo(200);
    }

    private static String state(RunningGateway gateway, int endpoint) {
        return gateway.router()
                .pool()
                .snapshot()
                .endpoints()
                .get(endpoint)
                .state()
                .label();
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void theOthersServeOnWhenOneHasLeft() throws Exception {
        // The process stays: closing one gateway of several in a JVM takes the event loops of all.
        gateways.get(2).bean(ReplicaSharing.class).close();
        List<RunningGateway> others =
                gateways.stream().filter(gateway -> gateway != gateways.get(2)).toList();
        await().untilAsserted(() -> assertThat(others)
                .allSatisfy(gateway -> assertThat(
                                gateway.bean(ClusterTransport.class).members())
                        .hasSize(others.size())));
        Conversation conversation =
                client.new Conversation(others.get(1).uri("/v1/chat/completions"), SYSTEM_PROMPT, session("carol"));
        assertThat(conversation.say("hello").statusCode()).isEqualTo(200);
        await().untilAsserted(() -> assertThat(knows(others.get(0), "carol")).isTrue());
    }

    private RunningGateway join(int number) {
        RunningGateway gateway = RunningGateway.inFrontOf(
                fleet,
                "warmlane.cluster.members="
                        + String.join(
                                ",",
                                ports.stream().map(port -> "127.0.0.1:" + port).toList()),
                "warmlane.cluster.port=" + ports.get(number),
                "warmlane.cluster.bind-address=127.0.0.1",
                "warmlane.cluster.member-name=replica-" + number,
                "warmlane.cluster.secret=a secret of some length");
        gateways.add(gateway);
        return gateway.ready();
    }

    private void awaitMembers(int count) {
        await().untilAsserted(() -> assertThat(gateways)
                .allSatisfy(gateway -> assertThat(
                                gateway.bean(ClusterTransport.class).members())
                        .hasSize(count)));
    }

    private boolean knows(RunningGateway gateway, String session) {
        return client.get(gateway.management("/actuator/affinity/session/" + session))
                        .statusCode()
                == 200;
    }

    /** What a gateway believes that the others have in flight, by the decision that a request would get now. */
    private int othersInFlight(RunningGateway gateway) {
        JsonNode explained = ChatClient.json(client.post(
                gateway.management("/actuator/decisions"),
                ChatClient.body("explain"),
                Map.of("content-type", "application/json")));
        int others = 0;
        for (JsonNode candidate : explained.findValues("replicasInFlight")) {
            others += candidate.asInt();
        }
        assertThat(explained.findValues("replicasInFlight"))
                .hasSize(gateway.router().pool().snapshot().endpoints().stream()
                        .map(Endpoint::id)
                        .toList()
                        .size());
        return others;
    }

    private static <T> List<T> all(List<Callable<T>> tasks) throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(tasks.size());
        try {
            List<T> results = new ArrayList<>();
            for (Future<T> done : clients.invokeAll(tasks)) {
                results.add(done.get());
            }
            return results;
        } finally {
            clients.shutdown();
        }
    }

    private static String endpoint(HttpResponse<String> response) {
        return response.headers().firstValue("x-warmlane-endpoint").orElseThrow();
    }

    private static Map<String, String> session(String id) {
        return Map.of("x-session-id", id);
    }
}
