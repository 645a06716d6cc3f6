package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.engines.discovery.ApiServer;
import dev.warmlane.engines.discovery.Slices;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.Faults;
import dev.warmlane.tools.simulator.ServerOptions;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
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
    private static final ServerOptions POD =
            ServerOptions.DEFAULTS.withEngine(EngineModel.INSTANT).withOutputTokens(1);

    private final ApiServer api = ApiServer.start();
    private final KubernetesClient kubernetes = api.client();
    private final Map<String, SimulatedServer> pods = new HashMap<>();
    private final ChatClient client = new ChatClient();
    private RunningGateway gateway;
    private int sessions;
    private int clientRequests;

    @BeforeEach
    void startPods() {
        for (int i = 0; i < 3; i++) {
            startPod("old-" + i, POD);
        }
    }

    @AfterEach
    void stop() {
        gateway.close();
        pods.values().forEach(SimulatedServer::close);
        kubernetes.close();
        api.close();
    }

    private void startGateway(String... settings) {
        Map<String, String> all = new LinkedHashMap<>();
        List<String> usual = List.of(
                "warmlane.pools[0].name=default",
                "warmlane.pools[0].kubernetes.namespace=test",
                "warmlane.pools[0].kubernetes.service=vllm",
                // Every pod gets its part of every group.
                "warmlane.routing.policy=round-robin",
                "warmlane.affinity.client-ip.shared-networks=127.0.0.0/8",
                "warmlane.health.interval=100ms",
                "warmlane.scrape.interval=100ms",
                "warmlane.prewarm.enabled=true",
                "warmlane.prewarm.max-duration=3s");
        Stream.concat(usual.stream(), Stream.of(settings))
                .forEach(setting -> all.put(setting.substring(0, setting.indexOf('=')), setting));
        gateway = RunningGateway.start(kubernetes, all.values().toArray(new String[0]));
        await().atMost(PATIENCE)
                .until(() -> gateway.router().pool().snapshot().selectable().size() == 3);
    }

    @Test
    void aPodThatComesHoldsWhatSessionsShareBeforeItsFirstRequest() {
        startGateway();
        everyGroupTalks(6);
        SimulatedServer fresh = startPod("new", POD);
        awaitTakesRequests("new");
        assertThat(fresh.stats().requests()).as("prefixes that were sent").isEqualTo(GROUPS);
        assertThat(metric("warmlane_prewarm_endpoints_total{pool=\"default\",result=\"warmed\"}"))
                .isEqualTo(1);
        assertThat(metric("warmlane_prewarm_requests_total{pool=\"default\",result=\"served\"}"))
                .isEqualTo(GROUPS);
        assertThat(metric("warmlane_prewarm_tokens_total{pool=\"default\"}"))
                .isEqualTo(fresh.engineStats().promptTokens());
        assertThat(metric("warmlane_requests_total"))
                .as("clients' requests alone")
                .isEqualTo(clientRequests);
        assertThat(metric("warmlane_endpoint_requests_total{endpoint=\"new\"")).isZero();
        assertThat(firstHitRatio("new")).isGreaterThan(0.85);
    }

    @Test
    void theGatewayPredictsWhatAWarmedPodHolds() {
        startGateway("warmlane.routing.policy=expected-cost");
        everyGroupTalks(6);
        startPod("new", POD);
        awaitTakesRequests("new");
        HttpResponse<String> decision = client.post(
                gateway.management("/actuator/decisions"), body(OF_THE_SAME[0], "A question of nobody yet"), Map.of());
        assertThat(ChatClient.json(decision).at("/candidates").valueStream())
                .filteredOn(candidate -> candidate.at("/endpoint").asString().equals("new"))
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
        await().atMost(PATIENCE)
                .until(() -> metric("warmlane_prewarm_endpoints_total{pool=\"default\",result=\"warmed\"}") == 1);
        assertThat(pods.get(lost).stats().requests()).isEqualTo(alone.get(lost).size());
    }

    @Test
    void aPodThatWillEndGivesWhatItAloneHoldsToThoseThatGetItsSessions() {
        Map<String, List<String>> alone = eachGroupTalksWhereItWasFirst();
        String leaving = mostAlone(alone);
        api.put(slice(leaving, false));
        await().atMost(PATIENCE)
                .until(() -> metric("warmlane_prewarm_handovers_total{pool=\"default\",result=\"done\"}") == 1);
        assertThat(metric("warmlane_prewarm_requests_total{pool=\"default\",result=\"served\"}"))
                .isEqualTo(alone.get(leaving).size());
        assertThat(metric("warmlane_requests_total"))
                .as("clients' requests alone")
                .isEqualTo(clientRequests);
        assertThat(metrics()).doesNotContain("warmlane_prewarm_endpoints_total{");
        api.delete(slice(leaving));
        await().atMost(PATIENCE).until(() -> state(leaving) == null);
        for (String system : alone.get(leaving)) {
            JsonNode usage = ChatClient.json(chat(system, "Another question")).at("/usage");
            assertThat(usage.at("/prompt_tokens_details/cached_tokens").asDouble(0))
                    .isGreaterThan(0.85 * usage.at("/prompt_tokens").asLong());
        }
    }

    @Test
    void aPodWhoseRestartNoHealthCheckSeesIsFilled() {
        startGateway("warmlane.health.interval=10m");
        everyGroupTalks(6);
        SimulatedServer pod = pods.get("old-0");
        await().atMost(PATIENCE)
                .until(() -> metric("warmlane_engine_prompt_tokens_total{endpoint=\"old-0\"")
                        == pod.engineStats().promptTokens());
        pod.restart();
        await().atMost(PATIENCE)
                .until(() -> metric("warmlane_prewarm_endpoints_total{pool=\"default\",result=\"warmed\"}") == 1);
        awaitTakesRequests("old-0");
        assertThat(pod.stats().requests()).isEqualTo(GROUPS);
        assertThat(firstHitRatio("old-0")).isGreaterThan(0.85);
    }

    @Test
    void everyRankOfAPodIsFilled() {
        startGateway();
        everyGroupTalks(6);
        SimulatedServer fresh = startPod("new", POD.withRanks(2));
        await().atMost(PATIENCE)
                .until(() -> metric("warmlane_prewarm_endpoints_total{pool=\"default\",result=\"warmed\"}") == 1);
        String page = client.get(fresh.uri().resolve("/metrics")).body();
        for (int rank = 0; rank < 2; rank++) {
            String computed = "vllm:prompt_tokens_total{engine=\"%d\"".formatted(rank);
            assertThat(sum(page, computed)).as("rank " + rank).isGreaterThan(GROUPS * 400.0);
        }
    }

    @Test
    void aPrefillPodIsFilledAndADecodePodIsNot() {
        gateway = RunningGateway.start(
                        "warmlane.pools[0].name=default",
                        "warmlane.pools[0].endpoints[0]=" + pods.get("old-0").uri() + " role=prefill",
                        "warmlane.pools[0].endpoints[1]=" + pods.get("old-1").uri() + " role=prefill",
                        "warmlane.pools[0].endpoints[2]=" + pods.get("old-2").uri() + " role=decode",
                        "warmlane.pools[0].endpoints[3]="
                                + startPod("old-3", POD).uri() + " role=decode",
                        "warmlane.pools[0].prefill-decode.decode-alone=false",
                        "warmlane.affinity.client-ip.shared-networks=127.0.0.0/8",
                        "warmlane.health.interval=100ms",
                        "warmlane.prewarm.enabled=true",
                        "warmlane.prewarm.max-duration=3s")
                .ready();
        everyGroupTalks(6);
        for (String pod : List.of("old-0", "old-2")) {
            EndpointId id = new EndpointId(pods.get(pod).uri().toString());
            pods.get(pod).stop();
            await().atMost(PATIENCE)
                    .until(() -> gateway.router().pool().snapshot().find(id).state() == EndpointState.EJECTED);
            pods.get(pod).restart();
            await().atMost(PATIENCE)
                    .until(() ->
                            gateway.router().pool().snapshot().find(id).state().acceptsNew());
        }
        assertThat(metric("warmlane_prewarm_endpoints_total{pool=\"default\",result=\"warmed\"}"))
                .isEqualTo(1);
        assertThat(metric("warmlane_prewarm_endpoints_total{pool=\"default\",result=\"nothing\"}"))
                .isEqualTo(1);
        assertThat(pods.get("old-0").stats().requests()).isPositive();
        assertThat(pods.get("old-2").stats().requests()).isZero();
    }

    @Test
    void withoutItAPodComesCold() {
        startGateway("warmlane.prewarm.enabled=false");
        everyGroupTalks(6);
        SimulatedServer fresh = startPod("new", POD);
        awaitTakesRequests("new");
        assertThat(fresh.stats().requests()).isZero();
        assertThat(metrics()).doesNotContain("warmlane_prewarm");
        assertThat(firstHitRatio("new")).isLessThan(0.3);
    }

    @Test
    void everyPodOfARollingRestartIsWarmWhenItIsBack() {
        startGateway();
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
        startGateway();
        everyGroupTalks(6);
        SimulatedServer fresh = startPod("new", POD.withApiKey("another"));
        awaitTakesRequests("new");
        assertThat(fresh.stats().requests()).isLessThanOrEqualTo(4);
        await().untilAsserted(() -> assertThat(output.getOut().split("endpoint new cache is not filled", -1))
                .hasSize(2));
        assertThat(output).contains("answered 401").doesNotContain("group1-");
        assertThat(metric("warmlane_prewarm_endpoints_total{pool=\"default\",result=\"failed\"}"))
                .isEqualTo(1);
    }

    @Test
    void aPodThatAnswersNothingTakesRequestsWhenItsTimeIsOver() {
        startGateway();
        everyGroupTalks(6);
        startPod("new", POD.withFaults(Faults.builder().hang(true).build()));
        awaitState("new", EndpointState.WARMING);
        assertThat(client.getJson(gateway.management("/actuator/vllm")).toString())
                .contains("\"warming\"");
        assertThat(client.getJson(gateway.management("/actuator/health"))
                        .at("/components/discovery/details/default")
                        .asString())
                .isEqualTo("3 of 4 endpoints selectable; new warming");
        awaitTakesRequests("new");
        assertThat(metric("warmlane_prewarm_endpoints_total{pool=\"default\",result=\"failed\"}"))
                .isEqualTo(1);
    }

    @Test
    void aPodThatLeavesMeanwhileIsForgotten() {
        startGateway();
        everyGroupTalks(6);
        startPod("new", POD.withFaults(Faults.builder().hang(true).build()));
        awaitState("new", EndpointState.WARMING);
        api.delete(slice("new"));
        await().atMost(PATIENCE).until(() -> !gateway.router().pool().snapshot().contains(new EndpointId("uid-new")));
        everyGroupTalks(1);
        await().atMost(PATIENCE).until(() -> metrics().contains("warmlane_prewarm_endpoints_total{pool=\"default\""));
    }

    @Test
    void noPodWaitsWhereNoOtherTakesRequests() {
        startGateway();
        everyGroupTalks(6);
        startPod(
                "new",
                POD.withFaults(Faults.builder().latency(Duration.ofSeconds(2)).build()));
        awaitState("new", EndpointState.WARMING);
        for (int i = 0; i < 3; i++) {
            pods.get("old-" + i).stop();
        }
        awaitTakesRequests("new");
        assertThat(chat("alone", "Hi").statusCode()).isEqualTo(200);
        await().atMost(PATIENCE)
                .until(() -> metric("warmlane_prewarm_endpoints_total{pool=\"default\",result=\"needed\"}") == 1);
    }

    @Test
    void noRequestWaitsForWarming() {
        startGateway("warmlane.queue.max-requests-per-endpoint=1", "warmlane.prewarm.max-duration=50s");
        everyGroupTalks(6);
        pods.forEach((name, pod) -> pod.faults(Faults.builder().hang(true).build()));
        List<CompletableFuture<HttpResponse<String>>> responses = IntStream.range(0, 4)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> chat("waits " + i, "Hi")))
                .toList();
        await().atMost(PATIENCE).until(() -> gateway.queued() == 1);
        startPod(
                "new",
                POD.withFaults(Faults.builder().latency(Duration.ofMillis(500)).build()));
        HttpResponse<?> first =
                (HttpResponse<?>) CompletableFuture.anyOf(responses.toArray(new CompletableFuture<?>[0]))
                        .join();
        assertThat(first.headers().firstValue("x-warmlane-endpoint")).hasValue("new");
        assertThat(metric("warmlane_prewarm_endpoints_total{pool=\"default\",result=\"needed\"}"))
                .isEqualTo(1);
        pods.forEach((name, pod) -> pod.restart());
    }

    @Test
    void trafficWithNothingInCommonWarmsNothing() {
        startGateway();
        for (int i = 0; i < 50; i++) {
            chat("session-" + i, ChatClient.text(100, "own" + i + "-"));
        }
        SimulatedServer fresh = startPod("new", POD);
        awaitTakesRequests("new");
        assertThat(fresh.stats().requests()).isZero();
        assertThat(metric("warmlane_prewarm_endpoints_total{pool=\"default\",result=\"nothing\"}"))
                .isEqualTo(1);
    }

    @Test
    void whatOneAddressAloneSendsWarmsNothing() {
        startGateway("warmlane.affinity.client-ip.shared-networks=10.0.0.0/8");
        everyGroupTalks(6);
        SimulatedServer fresh = startPod("new", POD);
        awaitTakesRequests("new");
        assertThat(fresh.stats().requests()).isZero();
    }

    /** Which groups only one pod has. */
    private Map<String, List<String>> eachGroupTalksWhereItWasFirst() {
        startGateway("warmlane.routing.policy=prefix-threshold");
        Map<String, Set<String>> holders = new HashMap<>();
        for (int i = 0; i < 6 * GROUPS; i++) {
            String system = OF_THE_SAME[i % GROUPS];
            holders.computeIfAbsent(system, first -> new HashSet<>())
                    .add(chat(system, "Question " + i)
                            .headers()
                            .firstValue("x-warmlane-endpoint")
                            .orElseThrow());
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
        for (int i = 0; i < sessionsOfEach; i++) {
            for (String system : OF_THE_SAME) {
                assertThat(chat(system, "Question " + sessions).statusCode()).isEqualTo(200);
            }
        }
    }

    private HttpResponse<String> chat(String system, String question) {
        clientRequests++;
        return client.post(
                gateway.uri("/v1/chat/completions"), body(system, question), Map.of("x-session-id", "s" + sessions++));
    }

    private static String body(String system, String question) {
        return ChatClient.body(
                List.of(Map.of("role", "system", "content", system), Map.of("role", "user", "content", question)),
                false);
    }

    /** Of the first prompts that a pod gets, one of each group. */
    private double firstHitRatio(String pod) {
        long prompt = 0;
        long cached = 0;
        for (int i = 0; i < 8 * GROUPS; i++) {
            // Each round begins with the next group, so that no pod has always the same ones.
            HttpResponse<String> response = chat(OF_THE_SAME[(i + i / GROUPS) % GROUPS], "Later question " + i);
            assertThat(response.statusCode()).isEqualTo(200);
            if (response.headers()
                            .firstValue("x-warmlane-endpoint")
                            .orElseThrow()
                            .equals(pod)
                    && prompt < 6_900) {
                JsonNode usage = ChatClient.json(response).at("/usage");
                prompt += usage.at("/prompt_tokens").asLong();
                cached += usage.at("/prompt_tokens_details/cached_tokens").asLong(0);
            }
        }
        System.out.printf("%s: hit ratio of its first %d prompt tokens: %.3f%n", pod, prompt, (double) cached / prompt);
        return (double) cached / prompt;
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

    private SimulatedServer startPod(String name, ServerOptions options) {
        SimulatedServer pod = SimulatedServer.start(options);
        pods.put(name, pod);
        api.put(slice(name));
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
        var endpoint = gateway.router().pool().snapshot().find(new EndpointId("uid-" + pod));
        return endpoint == null ? null : endpoint.state();
    }

    private EndpointSlice slice(String pod) {
        return slice(pod, true);
    }

    /** @param stays whether it takes requests; if not, it serves what it has and will end */
    private EndpointSlice slice(String pod, boolean stays) {
        return Slices.slice(
                "vllm-" + pod,
                "IPv4",
                List.of(Slices.port("http", pods.get(pod).port())),
                Slices.pod(pod, "127.0.0.1", stays, true, !stays));
    }
}
