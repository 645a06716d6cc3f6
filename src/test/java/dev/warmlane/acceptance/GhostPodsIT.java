package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.engines.discovery.ApiServer;
import dev.warmlane.engines.discovery.Slices;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.SimulatedServer;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Pods that are gone while the API server does not say so: what is known last still serves, and requests find out the rest. */
class GhostPodsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final ApiServer api = ApiServer.start();
    private final KubernetesClient kubernetes = api.client();
    private final Map<String, SimulatedServer> pods = new HashMap<>();
    private final ChatClient client = new ChatClient();
    private RunningGateway gateway;
    private int sessions;

    @BeforeEach
    void start() {
        for (String pod : List.of("vllm-0", "vllm-1", "vllm-2", "vllm-3")) {
            pods.put(pod, SimulatedServer.start(ServerOptions.DEFAULTS.withOutputTokens(1)));
            api.put(slice(pod));
        }
        gateway = RunningGateway.start(
                kubernetes,
                "warmlane.pools[0].name=default",
                "warmlane.pools[0].kubernetes.namespace=test",
                "warmlane.pools[0].kubernetes.service=vllm",
                "warmlane.discovery.check=200ms",
                "warmlane.health.enabled=false");
        await().atMost(PATIENCE)
                .until(() -> gateway.router().pool().snapshot().selectable().size() == 4);
    }

    @AfterEach
    void stop() {
        gateway.close();
        pods.values().forEach(SimulatedServer::close);
        kubernetes.close();
        api.close();
    }

    @Test
    void connectionFailuresEjectAPodThatOnlyStaleDiscoveryBelievesIn() {
        api.answerWith(500);
        await().atMost(PATIENCE)
                .until(() -> discovery().at("/kubernetes/0/state").asString().equals("STALE"));
        assertThat(discovery().at("/kubernetes/0/lastError").asString()).contains("500");
        assertThat(client.get(gateway.management("/actuator/health/readiness")).statusCode())
                .as("stale is no reason to stop serving")
                .isEqualTo(200);

        pods.get("vllm-2").stop();
        await().atMost(PATIENCE).until(() -> {
            assertThat(chat().statusCode()).isEqualTo(200);
            return state("vllm-2") == EndpointState.EJECTED;
        });
        assertThat(discovery().at("/default").asString()).startsWith("3 of 4 endpoints selectable; vllm-2 ejected (");
        Set<String> used = new TreeSet<>();
        for (int i = 0; i < 40; i++) {
            used.add(chat().headers().firstValue("x-warmlane-endpoint").orElseThrow());
        }
        assertThat(used).containsExactly("vllm-0", "vllm-1", "vllm-3");

        api.answerWith(0);
        api.delete(slice("vllm-2"));
        await().atMost(PATIENCE)
                .until(() -> discovery().at("/default").asString().equals("3 of 3 endpoints selectable"));
        await().atMost(PATIENCE)
                .until(() -> discovery().at("/kubernetes/0/state").asString().equals("SYNCED"));
    }

    private HttpResponse<String> chat() {
        return client.post(
                gateway.uri("/v1/chat/completions"),
                ChatClient.body("hello"),
                Map.of("x-session-id", "s" + sessions++));
    }

    private EndpointState state(String pod) {
        return gateway.router()
                .pool()
                .snapshot()
                .find(new EndpointId("uid-" + pod))
                .state();
    }

    private JsonNode discovery() {
        return client.getJson(gateway.management("/actuator/health")).at("/components/discovery/details");
    }

    private EndpointSlice slice(String pod) {
        return Slices.slice(
                "vllm-" + pod,
                "IPv4",
                List.of(Slices.port("http", pods.get(pod).port())),
                Slices.pod(pod, "127.0.0.1", true, true, false));
    }
}
