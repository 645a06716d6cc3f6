package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.engines.discovery.ApiServer;
import dev.warmlane.engines.discovery.Slices;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.HandDrivenEngine;
import dev.warmlane.harness.HandDrivenEngine.Exchange;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.ServerOptions.Models;
import dev.warmlane.tools.simulator.SimulatedServer;
import dev.warmlane.tools.simulator.engine.EngineModel;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two pools whose sessions share their system prompts; one has endpoints filled by settings of its own. */
class PrewarmPerPoolIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int GROUPS = 16;
    private static final int GROUP_TOKENS = 400;
    private static final int MAX_TOKENS = 2000;
    private static final int PRIORITY = 9;
    private static final ServerOptions POD =
            ServerOptions.DEFAULTS.withEngine(EngineModel.INSTANT).withOutputTokens(1);

    private final ApiServer api = ApiServer.start();
    private final KubernetesClient kubernetes = api.client();
    private final ChatClient client = new ChatClient();
    private final SimulatedServer filled = pod("m");
    private final SimulatedServer other = pod("other");
    private final SimulatedServer otherNew = pod("other");
    private final HandDrivenEngine filledNew = HandDrivenEngine.start();
    private RunningGateway gateway;

    private static SimulatedServer pod(String model) {
        return SimulatedServer.start(POD.withModels(new Models(model, List.of(), 131_072)));
    }

    @AfterEach
    void stop() {
        gateway.close();
        Stream.of(filled, other, otherNew).forEach(SimulatedServer::close);
        filledNew.close();
        kubernetes.close();
        api.close();
    }

    @Test
    void aPoolMayBeFilledWhereOthersAreNotAndByLessAtItsOwnPriority() {
        add("first", "old", filled.port());
        add("second", "other-old", other.port());
        gateway = RunningGateway.start(
                        kubernetes,
                        "warmlane.prewarm.enabled=false",
                        "warmlane.pools[0].name=first",
                        "warmlane.pools[0].models=m",
                        "warmlane.pools[0].kubernetes.namespace=test",
                        "warmlane.pools[0].kubernetes.service=first",
                        "warmlane.pools[0].prewarm.enabled=true",
                        "warmlane.pools[0].prewarm.max-tokens=" + MAX_TOKENS,
                        "warmlane.pools[0].prewarm.priority=" + PRIORITY,
                        "warmlane.pools[1].name=second",
                        "warmlane.pools[1].models=other",
                        "warmlane.pools[1].kubernetes.namespace=test",
                        "warmlane.pools[1].kubernetes.service=second",
                        "warmlane.affinity.client-ip.shared-networks=127.0.0.0/8",
                        "warmlane.health.interval=100ms",
                        // It would be ready only half a minute after it takes requests.
                        "warmlane.health.slow-start=0s",
                        "warmlane.scrape.interval=100ms")
                .ready();
        everyGroupTalks("m");
        everyGroupTalks("other");
        add("first", "new", filledNew.uri().getPort());
        add("second", "other-new", otherNew.port());

        int sent = 0;
        for (Exchange warming = filledNew.next(); warming != null; warming = nextUntilReady()) {
            assertThat(warming.request().json().at("/priority").asInt()).isEqualTo(PRIORITY);
            assertThat(warming.request().json().at("/max_tokens").asInt()).isEqualTo(1);
            warming.answer("200 OK\r\nContent-Type: application/json", "{}");
            sent++;
        }
        assertThat(sent).isBetween(1, MAX_TOKENS / GROUP_TOKENS);
        await().atMost(PATIENCE).until(() -> isReady("other-new"));
        assertThat(otherNew.stats().requests()).isZero();
        assertThat(client.get(gateway.management("/actuator/prometheus")).body())
                .contains("warmlane_prewarm_endpoints_total{pool=\"first\",result=\"warmed\"} 1.0")
                .doesNotContain("warmlane_prewarm_endpoints_total{pool=\"second\"");
    }

    /** What is sent next to the new endpoint before it takes clients' requests; null: no more. */
    private Exchange nextUntilReady() {
        Exchange[] next = {null};
        await().atMost(PATIENCE).until(() -> (next[0] = filledNew.poll()) != null || isReady("new"));
        return next[0];
    }

    private boolean isReady(String pod) {
        HttpResponse<String> endpoint = client.get(gateway.management("/actuator/vllm/" + pod));
        return endpoint.statusCode() == 200
                && ChatClient.json(endpoint).at("/state").asString().equals("ready");
    }

    private void add(String service, String pod, int port) {
        EndpointSlice slice = Slices.slice(
                service + "-" + pod,
                "IPv4",
                List.of(Slices.port("http", port)),
                Slices.pod(pod, "127.0.0.1", true, true, false));
        slice.getMetadata().getLabels().put("kubernetes.io/service-name", service);
        api.put(slice);
    }

    /** Six sessions of each group, which have a system prompt in common. */
    private void everyGroupTalks(String model) {
        for (int i = 0; i < 6 * GROUPS; i++) {
            String system = ChatClient.text(GROUP_TOKENS, "group" + i % GROUPS + "-");
            String body = ChatClient.JSON.writeValueAsString(Map.of(
                    "model",
                    model,
                    "messages",
                    List.of(
                            Map.of("role", "system", "content", system),
                            Map.of("role", "user", "content", "Question " + i))));
            assertThat(client.post(gateway.uri("/v1/chat/completions"), body, Map.of("x-session-id", model + i))
                            .statusCode())
                    .isEqualTo(200);
        }
    }
}
