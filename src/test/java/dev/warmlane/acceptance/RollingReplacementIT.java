package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.engines.discovery.ApiServer;
import dev.warmlane.engines.discovery.Slices;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.TalkingSessions;
import dev.warmlane.tools.simulator.ServerOptions;
import dev.warmlane.tools.simulator.SimulatedServer;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** All pods of a deployment are replaced one by one while sessions talk to them, and no session notices. */
class RollingReplacementIT {
    private static final int PODS = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final ApiServer api = ApiServer.start();
    private final KubernetesClient kubernetes = api.client();
    private final Map<String, SimulatedServer> pods = new HashMap<>();
    private RunningGateway gateway;

    @BeforeEach
    void start() {
        for (int i = 0; i < PODS; i++) {
            startPod("old-" + i);
        }
        gateway = RunningGateway.start(
                kubernetes,
                // A pod that comes is waited for until it takes all of its load.
                "warmlane.health.slow-start=1s",
                "warmlane.pools[0].name=default",
                "warmlane.pools[0].kubernetes.namespace=test",
                "warmlane.pools[0].kubernetes.service=vllm");
        await().atMost(PATIENCE)
                .until(() -> gateway.router().pool().snapshot().endpoints().size() == PODS);
    }

    @AfterEach
    void stop() {
        gateway.close();
        pods.values().forEach(SimulatedServer::close);
        kubernetes.close();
        api.close();
    }

    @Test
    void noRequestFailsAndNoneGoesToAPodThatIsGone() throws Exception {
        try (TalkingSessions sessions = TalkingSessions.start(gateway, 12)) {
            sessions.awaitAnotherRequestOfEach(PATIENCE);
            for (int i = 0; i < PODS; i++) {
                replace("old-" + i, "new-" + i, sessions);
            }
            sessions.awaitAnotherRequestOfEach(PATIENCE);
            sessions.stop();

            assertThat(sessions.failures()).isEmpty();
            assertThat(sessions.brokenStreams()).isEmpty();
            assertThat(sessions.endpoints()).allSatisfy((session, visited) -> {
                assertThat(visited.get(visited.size() - 1)).as(session).startsWith("new-");
                assertThat(visited)
                        .as("%s moves only when its pod leaves", session)
                        .doesNotHaveDuplicates();
            });
        }
        await().untilAsserted(() -> assertThat(gateway.inFlight()).isZero());
    }

    /** What a rolling update does: the new pod is ready before the old one is told to stop. */
    private void replace(String leaving, String coming, TalkingSessions sessions) {
        startPod(coming);
        awaitState(coming, EndpointState.READY);

        api.put(slice(leaving, false, true, true));
        awaitState(leaving, EndpointState.DRAINING);
        sessions.awaitAnotherRequestOfEach(PATIENCE);

        api.delete(slice(leaving, false, true, true));
        EndpointId id = new EndpointId("uid-" + leaving);
        await().atMost(PATIENCE).until(() -> !gateway.router().pool().snapshot().contains(id));
        sessions.forbid(leaving);

        // The pod serves on until what was under way at its removal is over, as its preStop hook has it.
        sessions.awaitAnotherRequestOfEach(PATIENCE);
        assertThat(pods.get(leaving).stats().inFlight()).isZero();
        assertThat(pods.get(leaving).stats().cancels()).isZero();
        pods.get(leaving).close();
    }

    private void startPod(String name) {
        pods.put(name, SimulatedServer.start(ServerOptions.DEFAULTS.withOutputTokens(20)));
        api.put(slice(name, true, true, false));
    }

    private void awaitState(String pod, EndpointState state) {
        EndpointId id = new EndpointId("uid-" + pod);
        await().atMost(PATIENCE).untilAsserted(() -> {
            var endpoint = gateway.router().pool().snapshot().find(id);
            assertThat(endpoint).as(pod).isNotNull();
            assertThat(endpoint.state()).isEqualTo(state);
        });
    }

    /** A slice of one pod: ports belong to slices, and here every pod has its own. */
    private EndpointSlice slice(String pod, boolean ready, boolean serving, boolean terminating) {
        return Slices.slice(
                "vllm-" + pod,
                "IPv4",
                List.of(Slices.port("http", pods.get(pod).port())),
                Slices.pod(pod, "127.0.0.1", ready, serving, terminating));
    }
}
