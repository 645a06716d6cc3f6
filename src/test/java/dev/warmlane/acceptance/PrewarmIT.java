package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.Router;
import dev.warmlane.engines.discovery.ApiServer;
import dev.warmlane.engines.discovery.Slices;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.harness.Awaited;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.tools.simulator.Faults;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.ServerOptions.Models;
import dev.warmlane.tools.simulator.SimulatedServer;
import dev.warmlane.tools.simulator.engine.EngineModel;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import tools.jackson.databind.JsonNode;

/** Pods that come while sessions share their system prompts: what their caches hold before the first request of a client. */
@ExtendWith(OutputCaptureExtension.class)
class PrewarmIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int GROUPS = 16;
    private static final String[] OF_THE_SAME = IntStream.range(0, GROUPS)
            .mapToObj(group -> ChatClient.text(400, "group" + group + "-"))
            .toArray(String[]::new);
    /** Of one gateway: each test has a pool of its own. The first one's caches are not filled. */
    private static final int POOLS = 12;

    private static final String[] BY_PREFIX = {"warmlane.routing.policy=prefix-threshold"};
    private static final String[] SELDOM_CHECKING = {
        "warmlane.health.interval=10m", "warmlane.queue.max-requests-per-endpoint=1"
    };
    /** For pods that answer nothing; all others have the time that they need on a busy machine. */
    private static final String[] IMPATIENT = {"warmlane.prewarm.max-duration=5s"};

    private static final ApiServer API = ApiServer.start();
    private static final KubernetesClient KUBERNETES = API.client();
    private static final SharedGateways GATEWAYS =
            new SharedGateways(settings -> RunningGateway.start(KUBERNETES, settings));
    private static final Map<String, Integer> USED = new HashMap<>();

    private final Map<String, SimulatedServer> pods = new HashMap<>();
    private final ChatClient client = new ChatClient();
    private RunningGateway gateway;
    private String pool;
    private int sessions;
    private int clientRequests;
    private double cameToNothing;

    @AfterEach
    void endPods() {
        pods.keySet().forEach(pod -> API.delete(slice(pod)));
        pods.values().forEach(SimulatedServer::close);
    }

    @AfterAll
    static void stop() {
        GATEWAYS.close();
        KUBERNETES.close();
        API.close();
    }

    /** Three pods in a pool that no test has had. */
    private void startThreePods() {
        startThreePods("usual");
    }

    /** @param name of the gateway with these settings */
    private void startThreePods(String name, String... settings) {
        startThreePodsOf(USED.merge(name, 1, Integer::sum), name, settings);
    }

    private void startThreePodsOf(int index, String name, String... settings) {
        gateway = GATEWAYS.with(settings(name, settings));
        pool = name + index;
        for (int i = 0; i < 3; i++) {
            startPod("old-" + i, pod());
        }
        await().atMost(PATIENCE)
                .until(() -> router().pool().snapshot().selectable().size() == 3);
        cameToNothing = filled("nothing");
    }

    private static String[] settings(String name, String... settings) {
        Map<String, String> all = new LinkedHashMap<>();
        List<String> usual = List.of(
                // Every pod gets its part of every group.
                "warmlane.routing.policy=round-robin",
                "warmlane.affinity.client-ip.shared-networks=127.0.0.0/8",
                "warmlane.affinity.client-ip.trusted-proxies=127.0.0.0/8",
                "warmlane.health.interval=100ms",
                "warmlane.scrape.interval=100ms",
                "warmlane.prewarm.enabled=true",
                "warmlane.prewarm.max-duration=50s");
        Stream.of(usual.stream(), IntStream.range(0, POOLS).boxed().flatMap(i -> pool(name, i)), Stream.of(settings))
                .flatMap(some -> some)
                .forEach(setting -> all.put(setting.substring(0, setting.indexOf('=')), setting));
        return all.values().toArray(new String[0]);
    }

    private static Stream<String> pool(String name, int index) {
        String key = "warmlane.pools[" + index + "].";
        return Stream.of(
                key + "name=" + name + index,
                key + "models=" + name + index,
                key + "kubernetes.namespace=test",
                key + "kubernetes.service=" + name + index,
                key + "prewarm.enabled=" + (index > 0));
    }

    @Test
    void aPodThatComesHoldsWhatSessionsShareBeforeItsFirstRequest() {
        startThreePods();
        everyGroupTalks(6);
        SimulatedServer fresh = startPod("new", pod());
        awaitTakesRequests("new");
        assertThat(fresh.stats().requests()).as("prefixes that were sent").isEqualTo(GROUPS);
        assertThat(filled("warmed")).isEqualTo(1);
        assertThat(metric("warmlane_prewarm_requests_total{pool=\"" + pool + "\",result=\"served\"}"))
                .isEqualTo(GROUPS);
        assertThat(metric("warmlane_prewarm_tokens_total{pool=\"" + pool + "\"}"))
                .isEqualTo(fresh.engineStats().promptTokens());
        assertThat(sum(ofPool(), "warmlane_requests_total"))
                .as("clients' requests alone")
                .isEqualTo(clientRequests);
        assertThat(sum(ofPool(), "warmlane_endpoint_requests_total{endpoint=\"" + name("new")))
                .isZero();
        assertThat(firstHitRatio("new")).isGreaterThan(0.85);
    }

    @Test
    void theGatewayPredictsWhatAWarmedPodHolds() {
        startThreePods("by-prefix", BY_PREFIX);
        everyGroupTalks(6);
        startPod("new", pod());
        awaitTakesRequests("new");
        HttpResponse<String> decision = client.post(
                gateway.management("/actuator/decisions"), body(OF_THE_SAME[0], "A question of nobody yet"), Map.of());
        assertThat(ChatClient.json(decision).at("/candidates").valueStream())
                .filteredOn(candidate -> candidate.at("/endpoint").asString().equals(name("new")))
                .singleElement()
                .satisfies(candidate ->
                        assertThat(candidate.at("/matchedTokens").asLong()).isGreaterThan(200));
    }

    @Test
    void aPodThatWasLostGetsWhatNoOtherHolds() {
        Map<String, List<String>> alone = eachGroupTalksWhereItWasFirst();
        String lost = mostAlone(alone);
        pods.get(lost).stop();
        awaitState(lost, EndpointState.EJECTED);
        pods.get(lost).restart();
        await().atMost(PATIENCE).until(() -> filled("warmed") == 1);
        assertThat(pods.get(lost).stats().requests()).isEqualTo(alone.get(lost).size());
    }

    @Test
    void aPodThatWillEndGivesWhatItAloneHoldsToThoseThatGetItsSessions() {
        Map<String, List<String>> alone = eachGroupTalksWhereItWasFirst();
        String leaving = mostAlone(alone);
        API.put(slice(leaving, false));
        await().atMost(PATIENCE)
                .until(() -> metric("warmlane_prewarm_handovers_total{pool=\"" + pool + "\",result=\"done\"}") == 1);
        assertThat(metric("warmlane_prewarm_requests_total{pool=\"" + pool + "\",result=\"served\"}"))
                .isEqualTo(alone.get(leaving).size());
        assertThat(sum(ofPool(), "warmlane_requests_total"))
                .as("clients' requests alone")
                .isEqualTo(clientRequests);
        assertThat(filled("")).isZero();
        API.delete(slice(leaving));
        await().atMost(PATIENCE).until(() -> state(leaving) == null);
        for (String system : alone.get(leaving)) {
            JsonNode usage = ChatClient.json(chat(system, "Another question")).at("/usage");
            assertThat(usage.at("/prompt_tokens_details/cached_tokens").asDouble(0))
                    .isGreaterThan(0.85 * usage.at("/prompt_tokens").asLong());
        }
    }

    @Test
    void aPodWhoseRestartNoHealthCheckSeesIsFilled() {
        startThreePods("seldom-checking", SELDOM_CHECKING);
        everyGroupTalks(6);
        SimulatedServer pod = pods.get("old-0");
        await().atMost(PATIENCE)
                .until(() -> metric("warmlane_engine_prompt_tokens_total{endpoint=\"" + name("old-0") + "\"")
                        == pod.engineStats().promptTokens());
        pod.restart();
        await().atMost(PATIENCE).until(() -> filled("warmed") == 1);
        awaitTakesRequests("old-0");
        assertThat(pod.stats().requests()).isEqualTo(GROUPS);
        assertThat(firstHitRatio("old-0")).isGreaterThan(0.85);
    }

    @Test
    void everyRankOfAPodIsFilled() {
        startThreePods();
        everyGroupTalks(6);
        SimulatedServer fresh = startPod("new", pod().withRanks(2));
        await().atMost(PATIENCE).until(() -> filled("warmed") == 1);
        String page = client.get(fresh.uri().resolve("/metrics")).body();
        for (int rank = 0; rank < 2; rank++) {
            String computed = "vllm:prompt_tokens_total{engine=\"%d\"".formatted(rank);
            assertThat(sum(page, computed)).as("rank " + rank).isGreaterThan(GROUPS * 400.0);
        }
    }

    @Test
    void aPrefillPodIsFilledAndADecodePodIsNot() {
        pool = "roles";
        IntStream.range(0, 4).forEach(i -> startPod("old-" + i, pod()));
        gateway = GATEWAYS.with(
                "warmlane.pools[0].name=roles",
                "warmlane.pools[0].endpoints[0]=" + pods.get("old-0").uri() + " role=prefill",
                "warmlane.pools[0].endpoints[1]=" + pods.get("old-1").uri() + " role=prefill",
                "warmlane.pools[0].endpoints[2]=" + pods.get("old-2").uri() + " role=decode",
                "warmlane.pools[0].endpoints[3]=" + pods.get("old-3").uri() + " role=decode",
                "warmlane.pools[0].prefill-decode.decode-alone=false",
                "warmlane.affinity.client-ip.shared-networks=127.0.0.0/8",
                "warmlane.health.interval=100ms",
                "warmlane.prewarm.enabled=true",
                "warmlane.prewarm.max-duration=50s");
        gateway.ready();
        everyGroupTalks(6);
        for (String pod : List.of("old-0", "old-2")) {
            EndpointId id = new EndpointId(pods.get(pod).uri().toString());
            pods.get(pod).stop();
            await().atMost(PATIENCE)
                    .until(() -> router().pool().snapshot().find(id).state() == EndpointState.EJECTED);
            pods.get(pod).restart();
            await().atMost(PATIENCE)
                    .until(() -> router().pool().snapshot().find(id).state().acceptsNew());
        }
        assertThat(filled("warmed")).isEqualTo(1);
        assertThat(filled("nothing")).isEqualTo(1);
        assertThat(pods.get("old-0").stats().requests()).isPositive();
        assertThat(pods.get("old-2").stats().requests()).isZero();
    }

    @Test
    void withoutItAPodComesCold() {
        startThreePodsOf(0, "usual");
        everyGroupTalks(6);
        SimulatedServer fresh = startPod("new", pod());
        awaitTakesRequests("new");
        assertThat(fresh.stats().requests()).isZero();
        assertThat(ofPool()).contains("warmlane_requests_total").doesNotContain("warmlane_prewarm");
        assertThat(firstHitRatio("new")).isLessThan(0.3);
    }

    @Test
    void everyPodOfARollingRestartIsWarmWhenItIsBack() {
        startThreePods();
        everyGroupTalks(6);
        for (int i = 0; i < 3; i++) {
            String pod = "old-" + i;
            pods.get(pod).stop();
            awaitState(pod, EndpointState.EJECTED);
            everyGroupTalks(1);
            pods.get(pod).restart();
            await().atMost(PATIENCE).until(() -> pods.get(pod).stats().requests() == GROUPS);
            awaitTakesRequests(pod);
            assertThat(firstHitRatio(pod)).as(pod).isGreaterThan(0.85);
        }
    }

    @Test
    void aPodThatRefusesIsLeftAloneAndTakesRequests(CapturedOutput output) {
        startThreePods();
        everyGroupTalks(6);
        SimulatedServer fresh = startPod("new", pod().withApiKey("another"));
        awaitTakesRequests("new");
        assertThat(fresh.stats().requests()).isLessThanOrEqualTo(4);
        await().untilAsserted(() -> assertThat(
                        output.getOut().split("endpoint " + name("new") + " cache is not filled", -1))
                .hasSize(2));
        assertThat(output).contains("answered 401").doesNotContain("group1-");
        assertThat(filled("failed")).isEqualTo(1);
    }

    @Test
    void aPodThatAnswersNothingTakesRequestsWhenItsTimeIsOver() {
        startThreePods("impatient", IMPATIENT);
        everyGroupTalks(6);
        startPod("new", pod().withFaults(Faults.builder().hang(true).build()));
        awaitState("new", EndpointState.WARMING);
        assertThat(client.getJson(gateway.management("/actuator/vllm")).toString())
                .contains("\"warming\"");
        assertThat(client.getJson(gateway.management("/actuator/health"))
                        .at("/components/discovery/details/" + pool)
                        .asString())
                .isEqualTo("3 of 4 endpoints selectable; " + name("new") + " warming");
        awaitTakesRequests("new");
        assertThat(filled("failed")).isEqualTo(1);
    }

    @Test
    void aPodThatLeavesMeanwhileIsForgotten() {
        startThreePods("impatient", IMPATIENT);
        everyGroupTalks(6);
        startPod("new", pod().withFaults(Faults.builder().hang(true).build()));
        awaitState("new", EndpointState.WARMING);
        API.delete(slice("new"));
        await().atMost(PATIENCE)
                .until(() -> !router().pool().snapshot().contains(new EndpointId("uid-" + name("new"))));
        everyGroupTalks(1);
        await().atMost(PATIENCE).until(() -> filled("") == 1);
    }

    @Test
    void noPodWaitsWhereNoOtherTakesRequests() {
        startThreePods();
        everyGroupTalks(6);
        startPod(
                "new",
                pod().withFaults(Faults.builder().latency(Duration.ofSeconds(2)).build()));
        awaitState("new", EndpointState.WARMING);
        for (int i = 0; i < 3; i++) {
            pods.get("old-" + i).stop();
        }
        awaitTakesRequests("new");
        assertThat(chat("alone", "Hi").statusCode()).isEqualTo(200);
        await().atMost(PATIENCE).until(() -> filled("needed") == 1);
    }

    @Test
    void noRequestWaitsForWarming() {
        startThreePods("seldom-checking", SELDOM_CHECKING);
        everyGroupTalks(6);
        pods.forEach((name, pod) -> pod.faults(Faults.builder().hang(true).build()));
        List<CompletableFuture<HttpResponse<String>>> responses = IntStream.range(0, 4)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> chat("waits " + i, "Hi")))
                .toList();
        await().atMost(PATIENCE)
                .until(() -> gateway.bean(Pools.class).get(pool).queue().waiting() == 1);
        startPod(
                "new",
                pod().withFaults(
                                Faults.builder().latency(Duration.ofMillis(500)).build()));
        HttpResponse<?> first = (HttpResponse<?>)
                Awaited.result(CompletableFuture.anyOf(responses.toArray(new CompletableFuture<?>[0])));
        assertThat(first.headers().firstValue("x-warmlane-endpoint")).hasValue(name("new"));
        assertThat(filled("needed")).isEqualTo(1);
        pods.forEach((name, pod) -> pod.restart());
    }

    @Test
    void trafficWithNothingInCommonWarmsNothing() {
        startThreePods();
        for (int i = 0; i < 50; i++) {
            chat("session-" + i, ChatClient.text(100, "own" + i + "-"));
        }
        SimulatedServer fresh = startPod("new", pod());
        awaitTakesRequests("new");
        assertThat(fresh.stats().requests()).isZero();
        assertThat(filled("nothing")).isEqualTo(1);
    }

    @Test
    void whatOneAddressAloneSendsWarmsNothing() {
        startThreePods();
        everyGroupTalks(6, Map.of("x-forwarded-for", "192.0.2.1"));
        SimulatedServer fresh = startPod("new", pod());
        awaitTakesRequests("new");
        assertThat(fresh.stats().requests()).isZero();
    }

    /** Which groups only one pod has. */
    private Map<String, List<String>> eachGroupTalksWhereItWasFirst() {
        startThreePods("by-prefix", BY_PREFIX);
        Map<String, Set<String>> holders = new HashMap<>();
        for (int i = 0; i < 6 * GROUPS; i++) {
            String system = OF_THE_SAME[i % GROUPS];
            holders.computeIfAbsent(system, first -> new HashSet<>())
                    .add(chat(system, "Question " + i)
                            .headers()
                            .firstValue("x-warmlane-endpoint")
                            .orElseThrow()
                            .substring(name("").length()));
        }
        return holders.entrySet().stream()
                .filter(group -> group.getValue().size() == 1)
                .collect(Collectors.groupingBy(
                        group -> group.getValue().iterator().next(),
                        Collectors.mapping(Map.Entry::getKey, Collectors.toList())));
    }

    private static String mostAlone(Map<String, List<String>> alone) {
        String most = Collections.max(
                        alone.entrySet(),
                        Comparator.comparingInt(pod -> pod.getValue().size()))
                .getKey();
        assertThat(alone.get(most)).hasSizeBetween(GROUPS / 3, GROUPS - 1);
        return most;
    }

    /** Sessions, new ones each time, that have a system prompt in common. */
    private void everyGroupTalks(int sessionsOfEach) {
        everyGroupTalks(sessionsOfEach, Map.of());
    }

    private void everyGroupTalks(int sessionsOfEach, Map<String, String> headers) {
        for (int i = 0; i < sessionsOfEach; i++) {
            for (String system : OF_THE_SAME) {
                assertThat(chat(system, "Question " + sessions, headers).statusCode())
                        .isEqualTo(200);
            }
        }
    }

    private HttpResponse<String> chat(String system, String question) {
        return chat(system, question, Map.of());
    }

    private HttpResponse<String> chat(String system, String question, Map<String, String> headers) {
        clientRequests++;
        Map<String, String> all = new HashMap<>(headers);
        all.put("x-session-id", "s" + sessions++);
        return client.post(gateway.uri("/v1/chat/completions"), body(system, question), all);
    }

    private String body(String system, String question) {
        return ChatClient.JSON.writeValueAsString(Map.of(
                "model",
                pool,
                "messages",
                List.of(Map.of("role", "system", "content", system), Map.of("role", "user", "content", question))));
    }

    /** Of the first prompts that a pod gets, one of each group. */
    private double firstHitRatio(String pod) {
        long prompt = 0;
        long cached = 0;
        for (int i = 0; i < 8 * GROUPS && prompt < 6_900; i++) {
            // Each round begins with the next group, so that no pod has always the same ones.
            HttpResponse<String> response = chat(OF_THE_SAME[(i + i / GROUPS) % GROUPS], "Later question " + i);
            assertThat(response.statusCode()).isEqualTo(200);
            if (response.headers()
                    .firstValue("x-warmlane-endpoint")
                    .orElseThrow()
                    .equals(name(pod))) {
                JsonNode usage = ChatClient.json(response).at("/usage");
                prompt += usage.at("/prompt_tokens").asLong();
                cached += usage.at("/prompt_tokens_details/cached_tokens").asLong(0);
            }
        }
        System.out.printf("%s: hit ratio of its first %d prompt tokens: %.3f%n", pod, prompt, (double) cached / prompt);
        return (double) cached / prompt;
    }

    /**
     * Endpoints of the pool that came after the first three.
     *
     * @param result what came of filling their caches; empty: anything
     */
    private double filled(String result) {
        double all = metric("warmlane_prewarm_endpoints_total{pool=\"" + pool + "\",result=\"" + result);
        return result.isEmpty() || result.equals("nothing") ? all - cameToNothing : all;
    }

    private double metric(String name) {
        return sum(metrics(), name);
    }

    private static double sum(String page, String name) {
        return page.lines()
                .filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private String metrics() {
        return client.get(gateway.management("/actuator/prometheus")).body();
    }

    /** The lines of the test's own pool. */
    private String ofPool() {
        return metrics()
                .lines()
                .filter(line -> line.contains("pool=\"" + pool + "\""))
                .collect(Collectors.joining("\n"));
    }

    private Router router() {
        return gateway.bean(Pools.class).get(pool).router();
    }

    /** Of a pod, unlike those of all other pools. */
    private String name(String pod) {
        return pool + "-" + pod;
    }

    private ServerOptions pod() {
        return ServerOptions.DEFAULTS
                .withEngine(EngineModel.INSTANT)
                .withOutputTokens(1)
                .withModels(new Models(pool, List.of(), 131_072));
    }

    private SimulatedServer startPod(String name, ServerOptions options) {
        SimulatedServer pod = SimulatedServer.start(options);
        pods.put(name, pod);
        API.put(slice(name));
        return pod;
    }

    private void awaitTakesRequests(String pod) {
        await().atMost(PATIENCE).until(() -> {
            EndpointState state = state(pod);
            return state != null && state.acceptsNew();
        });
    }

    private void awaitState(String pod, EndpointState state) {
        await().atMost(PATIENCE).until(() -> state(pod) == state);
    }

    private EndpointState state(String pod) {
        var endpoint = router().pool().snapshot().find(new EndpointId("uid-" + name(pod)));
        return endpoint == null ? null : endpoint.state();
    }

    private EndpointSlice slice(String pod) {
        return slice(pod, true);
    }

    /** @param stays whether it takes requests; if not, it serves what it has and will end */
    private EndpointSlice slice(String pod, boolean stays) {
        EndpointSlice slice = Slices.slice(
                "vllm-" + name(pod),
                "IPv4",
                List.of(Slices.port("http", pods.get(pod).port())),
                Slices.pod(name(pod), "127.0.0.1", stays, true, !stays));
        slice.getMetadata().getLabels().put("kubernetes.io/service-name", pool);
        return slice;
    }
}
