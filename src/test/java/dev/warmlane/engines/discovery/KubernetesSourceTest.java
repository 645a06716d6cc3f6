package dev.warmlane.engines.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.warmlane.engines.discovery.KubernetesSource.TargetPort;
import dev.warmlane.settings.DiscoverySettings;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KubernetesSourceTest {

    @Test
    void selectsTheSlicesOfAServiceByTheirLabel() {
        assertThat(KubernetesSource.ofService("ns", "vllm", TargetPort.FIRST))
                .isEqualTo(KubernetesSource.ofSelector("ns", "kubernetes.io/service-name=vllm", TargetPort.FIRST));
    }

    @Test
    void refusesAServiceNameThatWouldChangeTheSelector() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KubernetesSource.ofService(null, "vllm,app=x", TargetPort.FIRST))
                .withMessage("service: vllm,app=x (expected: the name of a Service)");
    }

    @Test
    void refusesToSelectEverything() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KubernetesSource.ofSelector(null, " ", TargetPort.FIRST))
                .withMessage("selector: blank (expected: a label selector such as app=vllm)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "app=vllm",
                "app == vllm, tier!=test",
                "app in (a, b),!canary",
                "app.kubernetes.io/name notin (x)",
                "app",
                "app="
            })
    void takesAnySelector(String selector) {
        assertThat(KubernetesSource.ofSelector(null, selector, TargetPort.FIRST).labelSelector())
                .isEqualTo(selector);
    }

    @ParameterizedTest
    @ValueSource(strings = {"app==a=", "app in (a", "app in a", "a b", "app=a,,b=c", "app: vllm", "app>1"})
    void refusesWhatIsNoSelector(String selector) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KubernetesSource.ofSelector(null, selector, TargetPort.FIRST))
                .withMessage("selector: " + selector + " (expected: a label selector such as app=vllm)");
    }

    @Test
    void refusesWhatIsNoNamespace() {
        try (KubernetesClient client = new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder().withAutoConfigure(false).build())
                .build()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> KubernetesSource.namespace("No_Name", client))
                    .withMessage("namespace: No_Name (expected: the name of a namespace)");
        }
    }

    @Test
    void refusesAnUnknownScheme() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new KubernetesSource(null, "app=vllm", TargetPort.FIRST, "grpc"))
                .withMessage("scheme: grpc (expected: http or https)");
    }

    @Test
    void refusesAResyncThatKubernetesClientWouldNotKeep() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new DiscoverySettings(
                        Duration.ofMillis(500), Duration.ofSeconds(30), Duration.ofSeconds(10), List.of()))
                .withMessage("warmlane.discovery.resync: 500ms (expected: at least 1s)");
    }
}
