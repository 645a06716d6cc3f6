package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.engines.discovery.ApiServer;
import dev.warmlane.engines.discovery.Discovery;
import dev.warmlane.engines.discovery.Discovery.DiscoveryStatus;
import dev.warmlane.engines.discovery.InferencePoolDiscovery;
import dev.warmlane.engines.discovery.KubernetesDiscovery;
import dev.warmlane.engines.discovery.KubernetesSource;
import dev.warmlane.engines.discovery.KubernetesSource.TargetPort;
import dev.warmlane.settings.DiscoverySettings;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The chart's Role is what discovery needs: an API server that denies everything else serves it, and nothing is left over. */
class RbacIT {
    /** Checks follow quickly, because they list as well. */
    private static final DiscoverySettings TIMING =
            new DiscoverySettings(Duration.ofMinutes(5), Duration.ofSeconds(1), Duration.ofSeconds(5), List.of());

    private final ApiServer api = ApiServer.start();
    private final KubernetesClient client = api.client();
    private final EndpointPool pool = new EndpointPool("default");

    @AfterEach
    void close() {
        client.close();
        api.close();
    }

    @Test
    void grantsWhatAServiceNeeds() {
        verify(
                "discovery: {service: vllm}",
                c -> new KubernetesDiscovery(
                        c,
                        KubernetesSource.ofService("models", "vllm", TargetPort.FIRST),
                        pool,
                        TIMING,
                        System::nanoTime),
                1);
    }

    @Test
    void grantsWhatASelectorInAnotherNamespaceNeeds() {
        verify(
                "discovery: {selector: app=vllm, namespace: gpu}",
                c -> new KubernetesDiscovery(
                        c,
                        KubernetesSource.ofSelector("gpu", "app=vllm", TargetPort.FIRST),
                        pool,
                        TIMING,
                        System::nanoTime),
                1);
    }

    @Test
    void grantsWhatAnInferencePoolNeeds() {
        ResourceDefinitionContext inferencePools = new ResourceDefinitionContext.Builder()
                .withGroup("inference.networking.k8s.io")
                .withVersion("v1")
                .withKind("InferencePool")
                .withPlural("inferencepools")
                .withNamespaced(true)
                .build();
        client.genericKubernetesResources(inferencePools)
                .inNamespace("models")
                .resource(Serialization.unmarshal("""
                        apiVersion: inference.networking.k8s.io/v1
                        kind: InferencePool
                        metadata: {name: llama, namespace: models}
                        spec: {selector: {matchLabels: {app: llama}}, targetPorts: [{number: 8000}]}
                        """, GenericKubernetesResource.class))
                .create();
        verify(
                "discovery: {inferencePool: llama}",
                c -> new InferencePoolDiscovery(c, "models", "llama", "http", pool, TIMING, System::nanoTime),
                2);
    }

    private void verify(String values, Function<KubernetesClient, Discovery> source, int watches) {
        Permissions permissions = new Permissions(Chart.render(values).all(Role.class));
        api.permitOnly(permissions);
        try (Discovery discovery = source.apply(client)) {
            discovery.start();
            await().until(() -> api.watchesOpen() == watches);
            await().until(() -> discovery.status().state() == DiscoveryStatus.State.SYNCED);
            assertThat(discovery.status().lastError()).isNull();
        }
        assertThat(permissions.used()).isEqualTo(permissions.granted());
    }
}
