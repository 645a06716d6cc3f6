package dev.warmlane.engines.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.warmlane.engines.discovery.KubernetesSource.TargetPort;
import dev.warmlane.settings.PoolSettings.DiscoverySettings;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

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
