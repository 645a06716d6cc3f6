package dev.warmlane.engines.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.engines.discovery.Discovery.DiscoveryStatus;
import dev.warmlane.settings.DiscoverySettings;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An InferencePool and its pods, as a mock API server has them. */
class InferencePoolDiscoveryIT {
    private static final DiscoverySettings TIMING =
            new DiscoverySettings(Duration.ofMinutes(5), Duration.ofMillis(100), Duration.ofSeconds(5), List.of());

    private final ApiServer api = ApiServer.start();
    private final KubernetesClient client = api.client();
    private final EndpointPool pool = new EndpointPool("default");
    private final InferencePoolDiscovery discovery =
            new InferencePoolDiscovery(client, null, "llama", "http", pool, TIMING, System::nanoTime);

    @AfterEach
    void close() {
        discovery.close();
        client.close();
        api.close();
    }

    @Test
    void followsThePodsThatItSelects() {
        putPool("app: llama", 8000);
        putPod("llama-0", "llama", "10.0.0.1", true);
        putPod("other-0", "other", "10.0.1.1", true);
        discovery.start();
        awaitPool("llama-0 10.0.0.1:8000 ready");
        await().until(() -> discovery.status().state() == DiscoveryStatus.State.SYNCED);

        putPod("llama-1", "llama", "10.0.0.2", false);
        awaitPool("llama-0 10.0.0.1:8000 ready", "llama-1 10.0.0.2:8000 unready");

        client.pods().inNamespace("test").withName("llama-0").delete();
        awaitPool("llama-1 10.0.0.2:8000 unready");
    }

    @Test
    void followsAnotherSelectorAndOtherPorts() {
        putPool("app: llama", 8000);
        putPod("llama-0", "llama", "10.0.0.1", true);
        putPod("qwen-0", "qwen", "10.0.0.2", true);
        discovery.start();
        awaitPool("llama-0 10.0.0.1:8000 ready");

        putPool("app: qwen", 8000);
        awaitPool("qwen-0 10.0.0.2:8000 ready");

        putPool("app: qwen", 9000);
        awaitPool("qwen-0 10.0.0.2:9000 ready");

        putPod("llama-1", "llama", "10.0.0.3", true);
        putPod("qwen-1", "qwen", "10.0.0.4", true);
        awaitPool("qwen-0 10.0.0.2:9000 ready", "qwen-1 10.0.0.4:9000 ready");
    }

    @Test
    void waitsForAnInferencePoolThatIsNotThereYet() {
        putPod("llama-0", "llama", "10.0.0.1", true);
        discovery.start();
        await().until(() -> discovery.status().state() == DiscoveryStatus.State.SYNCED);
        assertThat(pool.snapshot().endpoints()).isEmpty();

        putPool("app: llama", 8000);
        awaitPool("llama-0 10.0.0.1:8000 ready");
    }

    @Test
    void hasNoEndpointsOnceTheInferencePoolIsDeleted() {
        putPool("app: llama", 8000);
        putPod("llama-0", "llama", "10.0.0.1", true);
        discovery.start();
        awaitPool("llama-0 10.0.0.1:8000 ready");
        client.genericKubernetesResources(InferencePoolSpec.RESOURCE)
                .inNamespace("test")
                .withName("llama")
                .delete();
        awaitPool();
    }

    @Test
    void keepsItsEndpointsWhenTheApiServerFails() {
        putPool("app: llama", 8000);
        putPod("llama-0", "llama", "10.0.0.1", true);
        discovery.start();
        awaitPool("llama-0 10.0.0.1:8000 ready");
        api.answerWith(500);
        api.closeWatches();
        await().until(() -> discovery.status().lastError() != null);
        awaitPool("llama-0 10.0.0.1:8000 ready");
    }

    @Test
    void needsNothingButInferencePoolsAndPodsOfItsNamespace() {
        putPool("app: llama", 8000);
        int before = api.requests().size();
        discovery.start();
        await().until(() -> api.watchesOpen() == 2);
        assertThat(api.requests().stream().skip(before))
                .isNotEmpty()
                .allSatisfy(request -> assertThat(request)
                        .matches(
                                "GET /(apis/inference.networking.k8s.io/v1/namespaces/test/inferencepools\\?.*metadata.name.*llama.*|"
                                        + "api/v1/namespaces/test/pods\\?.*labelSelector=app%3Dllama.*)"));
    }

    @Test
    void changesNothingOnceClosed() {
        putPool("app: llama", 8000);
        putPod("llama-0", "llama", "10.0.0.1", true);
        discovery.start();
        awaitPool("llama-0 10.0.0.1:8000 ready");
        await().until(() -> api.watchesOpen() == 2);
        discovery.close();
        await().until(() -> api.watchesOpen() == 0);
        putPod("llama-1", "llama", "10.0.0.2", true);
        awaitPool("llama-0 10.0.0.1:8000 ready");
    }

    private void putPool(String label, int port) {
        GenericKubernetesResource resource =
                Serialization.unmarshal("""
                apiVersion: inference.networking.k8s.io/v1
                kind: InferencePool
                metadata: {name: llama, namespace: test}
                spec: {selector: {matchLabels: {%s}}, targetPorts: [{number: %d}]}
                """.formatted(label, port), GenericKubernetesResource.class);
        client.genericKubernetesResources(InferencePoolSpec.RESOURCE)
                .inNamespace("test")
                .resource(resource)
                .createOr(NonDeletingOperation::update);
    }

    private void putPod(String name, String app, String address, boolean ready) {
        client.resource(new PodBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace("test")
                        .withUid("uid-" + name)
                        .addToLabels("app", app)
                        .endMetadata()
                        .withNewStatus()
                        .withPhase("Running")
                        .withPodIP(address)
                        .addNewCondition()
                        .withType("Ready")
                        .withStatus(ready ? "True" : "False")
                        .endCondition()
                        .endStatus()
                        .build())
                .createOr(NonDeletingOperation::update);
    }

    private void awaitPool(String... expected) {
        await().untilAsserted(() -> assertThat(pool.snapshot().endpoints())
                .extracting(endpoint -> "%s %s %s"
                        .formatted(
                                endpoint.name(),
                                endpoint.uri().getAuthority(),
                                endpoint.state().label()))
                .containsExactly(expected));
    }
}
