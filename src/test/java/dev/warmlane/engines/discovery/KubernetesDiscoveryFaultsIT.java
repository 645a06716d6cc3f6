package dev.warmlane.engines.discovery;

import static dev.warmlane.engines.discovery.Slices.pod;
import static dev.warmlane.engines.discovery.Slices.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.engines.discovery.Discovery.DiscoveryStatus.State;
import dev.warmlane.engines.discovery.KubernetesSource.TargetPort;
import dev.warmlane.harness.FreePorts;
import dev.warmlane.settings.DiscoverySettings;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of a pool when the API server fails it, with checks as frequent as a test needs. */
class KubernetesDiscoveryFaultsIT {
    private static final DiscoverySettings OFTEN =
            new DiscoverySettings(Duration.ofSeconds(1), Duration.ofMillis(50), Duration.ofSeconds(1), List.of());

    private final int port = FreePorts.take();
    private final KubernetesClient client = ApiServer.clientOf(port);
    private final EndpointPool pool = new EndpointPool("default");
    private final List<EndpointId> removed = new CopyOnWriteArrayList<>();
    private final KubernetesDiscovery discovery = new KubernetesDiscovery(
            client,
            KubernetesSource.ofService("test", "vllm", TargetPort.parse("http")),
            pool,
            OFTEN,
            System::nanoTime);
    private ApiServer api;

    @BeforeEach
    void listen() {
        pool.onRemoval(removed::addAll);
    }

    @AfterEach
    void close() {
        discovery.close();
        client.close();
        if (api != null) {
            api.close();
        }
    }

    @Test
    void waitsForAnApiServerThatIsNotThereYet() {
        discovery.start();
        await().until(() -> discovery.status().lastError() != null);
        assertThat(discovery.status().state()).isEqualTo(State.SYNCING);
        assertThat(discovery.status().lastListAge()).isNull();

        api = ApiServer.startAt(port, slice("vllm-a", pod("vllm-0", "10.0.0.1")));
        awaitPool("vllm-0");
        awaitState(State.SYNCED);
        await().until(() -> discovery.status().lastError() == null);
    }

    @Test
    void keepsTheLastEndpointsWhileTheApiServerIsGone() {
        api = ApiServer.startAt(port, slice("vllm-a", pod("vllm-0", "10.0.0.1"), pod("vllm-1", "10.0.0.2")));
        discovery.start();
        awaitPool("vllm-0", "vllm-1");

        api.close();
        awaitState(State.STALE);
        assertThat(discovery.status().lastError()).isNotNull();
        awaitPool("vllm-0", "vllm-1");
        assertThat(removed).isEmpty();

        api = ApiServer.startAt(port, slice("vllm-b", pod("vllm-1", "10.0.0.2"), pod("vllm-2", "10.0.0.3")));
        awaitPool("vllm-1", "vllm-2");
        awaitState(State.SYNCED);
        assertThat(removed).containsExactly(new EndpointId("uid-vllm-0"));
    }

    @Test
    void replacesAWatchThatFellSilent() {
        api = ApiServer.startAt(port);
        api.silenceWatches(true);
        api.put(slice("vllm-a", pod("vllm-0", "10.0.0.1")));
        discovery.start();
        awaitPool("vllm-0");
        await().until(() -> api.watchesOpen() == 1);
        awaitState(State.SYNCED);
        int restarts = discovery.status().restarts();

        api.silenceWatches(false);
        api.put(slice("vllm-a", pod("vllm-1", "10.0.0.2")));
        awaitPool("vllm-1");
        awaitState(State.SYNCED);
        assertThat(discovery.status().restarts()).isGreaterThan(restarts);
        await().until(() -> api.watchesOpen() == 1);
    }

    @Test
    void saysWhyWhenItMayNotList() {
        api = ApiServer.startAt(port, slice("vllm-a", pod("vllm-0", "10.0.0.1")));
        api.answerWith(403);
        discovery.start();
        await().until(() -> discovery.status().lastError() != null);
        assertThat(discovery.status().lastError()).contains("403").contains("endpointslices");

        api.answerWith(0);
        awaitPool("vllm-0");
        awaitState(State.SYNCED);
    }

    @Test
    void noticesAnApiServerThatDoesNotAnswer() {
        api = ApiServer.startAt(port, slice("vllm-a", pod("vllm-0", "10.0.0.1")));
        discovery.start();
        awaitPool("vllm-0");

        api.hangLists(true);
        awaitState(State.STALE);
        awaitPool("vllm-0");

        api.hangLists(false);
        awaitState(State.SYNCED);
    }

    private void awaitState(State expected) {
        await().until(() -> discovery.status().state() == expected);
    }

    private void awaitPool(String... expected) {
        await().untilAsserted(() -> assertThat(pool.snapshot().endpoints())
                .extracting(Endpoint::name)
                .containsExactly(expected));
    }
}
