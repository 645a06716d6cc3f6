package dev.warmlane.engines.discovery;

import static dev.warmlane.engines.discovery.Slices.HTTP;
import static dev.warmlane.engines.discovery.Slices.address;
import static dev.warmlane.engines.discovery.Slices.pod;
import static dev.warmlane.engines.discovery.Slices.port;
import static dev.warmlane.engines.discovery.Slices.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.engines.discovery.Discovery.DiscoveryStatus;
import dev.warmlane.engines.discovery.KubernetesSource.TargetPort;
import dev.warmlane.settings.DiscoverySettings;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the watch brings. The independent check is as slow as by default, so nothing here is its doing. */
class KubernetesDiscoveryIT {
    private static final DiscoverySettings SETTINGS =
            new DiscoverySettings(Duration.ofMinutes(5), Duration.ofSeconds(30), Duration.ofSeconds(10), List.of());
    private final ApiServer api = ApiServer.start();
    private final KubernetesClient client = api.client();
    private final EndpointPool pool = new EndpointPool("default");
    private final List<EndpointId> removed = new CopyOnWriteArrayList<>();
    private KubernetesDiscovery discovery = follow("http");

    @AfterEach
    void close() {
        discovery.close();
        client.close();
        api.close();
    }

    @Test
    void followsSlicesThatAreAddedChangedAndDeleted() {
        EndpointSlice first = slice("vllm-a", pod("vllm-0", "10.0.0.1"));
        EndpointSlice second = slice("vllm-b", pod("vllm-1", "10.0.0.2"));
        api.put(first);
        discovery.start();
        awaitPool("vllm-0 ready");

        api.put(second);
        awaitPool("vllm-0 ready", "vllm-1 ready");

        api.put(slice("vllm-a", pod("vllm-0", "10.0.0.1", false, false, false), pod("vllm-2", "10.0.0.3")));
        awaitPool("vllm-0 unready", "vllm-1 ready", "vllm-2 ready");

        api.delete(second);
        awaitPool("vllm-0 unready", "vllm-2 ready");
        assertThat(removed).containsExactly(new EndpointId("uid-vllm-1"));

        assertThat(discovery.status().state()).isEqualTo(DiscoveryStatus.State.SYNCED);
        assertThat(discovery.status().lastEventAge()).isNotNull();
    }

    @Test
    void drainsAPodThatTerminatesUntilItServesNoMore() {
        api.put(slice("vllm-a", pod("vllm-0", "10.0.0.1"), pod("vllm-1", "10.0.0.2")));
        discovery.start();
        awaitPool("vllm-0 ready", "vllm-1 ready");

        api.put(slice("vllm-a", pod("vllm-0", "10.0.0.1", false, true, true), pod("vllm-1", "10.0.0.2")));
        awaitPool("vllm-0 draining", "vllm-1 ready");
        assertThat(removed).isEmpty();

        api.put(slice("vllm-a", pod("vllm-0", "10.0.0.1", false, false, true), pod("vllm-1", "10.0.0.2")));
        awaitPool("vllm-1 ready");
        assertThat(removed).containsExactly(new EndpointId("uid-vllm-0"));
    }

    @Test
    void takesANewPodOnAnOldAddressForANewEndpoint() {
        api.put(slice("vllm-a", pod("vllm-0", "10.0.0.1")));
        discovery.start();
        awaitPool("vllm-0 ready");

        EndpointSlice recreated = slice("vllm-a", pod("vllm-0", "10.0.0.1"));
        recreated.getEndpoints().get(0).getTargetRef().setUid("uid-new");
        api.put(recreated);

        await().until(() -> pool.snapshot().contains(new EndpointId("uid-new")));
        assertThat(pool.snapshot().endpoints()).hasSize(1);
        assertThat(removed).containsExactly(new EndpointId("uid-vllm-0"));
    }

    @Test
    void emptiesThePoolWhenTheServiceHasNoPods() {
        api.put(slice("vllm-a", pod("vllm-0", "10.0.0.1")));
        discovery.start();
        awaitPool("vllm-0 ready");
        api.put(slice("vllm-a"));
        awaitPool();
    }

    @Test
    void isSyncedWithASourceThatHasNoSlices() {
        discovery.start();
        await().until(() -> discovery.status().state() == DiscoveryStatus.State.SYNCED);
        assertThat(pool.snapshot().endpoints()).isEmpty();
    }

    @Test
    void followsServicesWithoutSelectorOnANumberedPortInBothFamilies() {
        discovery = follow("9000");
        var ports = List.of(HTTP, port("other", 9000));
        api.put(slice("vllm-4", "IPv4", ports, address("10.0.0.1")));
        api.put(slice("vllm-6", "IPv6", ports, address("fd00::1")));
        discovery.start();
        awaitPool("10.0.0.1:9000 ready", "[fd00::1]:9000 ready");
    }

    @Test
    void seesNothingButTheSlicesOfItsSource() {
        api.put(slice("vllm-a", pod("vllm-0", "10.0.0.1")));
        api.put(new EndpointSliceBuilder(slice("other-a", pod("other-0", "10.0.1.1")))
                .editMetadata()
                .addToLabels("kubernetes.io/service-name", "other")
                .endMetadata()
                .build());
        api.put(new EndpointSliceBuilder(slice("vllm-a", pod("stranger-0", "10.0.2.1")))
                .editMetadata()
                .withNamespace("elsewhere")
                .endMetadata()
                .build());
        discovery.start();
        awaitPool("vllm-0 ready");
    }

    @Test
    void followsALabelSelector() {
        discovery = new KubernetesDiscovery(
                client,
                KubernetesSource.ofSelector("test", "app=vllm", TargetPort.FIRST),
                pool,
                SETTINGS,
                System::nanoTime);
        for (String service : List.of("blue", "green")) {
            api.put(new EndpointSliceBuilder(slice(service + "-a", pod(service + "-0", "10.0.0.1")))
                    .editMetadata()
                    .addToLabels("kubernetes.io/service-name", service)
                    .addToLabels("app", "vllm")
                    .endMetadata()
                    .build());
        }
        api.put(slice("vllm-a", pod("vllm-0", "10.0.0.1")));
        discovery.start();
        awaitPool("blue-0 ready", "green-0 ready");
    }

    @Test
    void needsNothingButEndpointSlicesOfItsNamespace() {
        discovery.start();
        await().until(() -> api.watchesOpen() == 1);
        assertThat(api.requests())
                .isNotEmpty()
                .allSatisfy(request -> assertThat(request)
                        .startsWith("GET /apis/discovery.k8s.io/v1/namespaces/test/endpointslices?")
                        .contains("labelSelector=kubernetes.io%2Fservice-name%3Dvllm"));
    }

    @Test
    void goesOnAfterTheServerClosedTheWatch() {
        api.put(slice("vllm-a", pod("vllm-0", "10.0.0.1")));
        discovery.start();
        await().until(() -> api.watchesOpen() == 1);
        api.closeWatches();
        await().until(() -> api.watchesOpened() == 2);
        api.put(slice("vllm-b", pod("vllm-1", "10.0.0.2")));
        awaitPool("vllm-0 ready", "vllm-1 ready");
        assertThat(discovery.status().restarts()).isZero();
    }

    @Test
    void changesNothingOnceClosed() {
        api.put(slice("vllm-a", pod("vllm-0", "10.0.0.1")));
        discovery.start();
        await().until(() -> api.watchesOpen() == 1);
        awaitPool("vllm-0 ready");
        discovery.close();
        await().until(() -> api.watchesOpen() == 0);
        api.put(slice("vllm-a"));
        awaitPool("vllm-0 ready");
    }

    private KubernetesDiscovery follow(String port) {
        pool.onRemoval(removed::addAll);
        return new KubernetesDiscovery(
                client,
                KubernetesSource.ofService(null, "vllm", TargetPort.parse(port)),
                pool,
                SETTINGS,
                System::nanoTime);
    }

    private void awaitPool(String... expected) {
        await().untilAsserted(() -> assertThat(pool.snapshot().endpoints())
                .extracting(endpoint -> endpoint.name() + " " + endpoint.state().label())
                .containsExactly(expected));
    }
}
