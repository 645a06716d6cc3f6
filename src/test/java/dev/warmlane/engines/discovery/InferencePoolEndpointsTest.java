package dev.warmlane.engines.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.engines.discovery.DiscoveredPool.DiscoveredEndpoints;
import dev.warmlane.engines.discovery.KubernetesSource.RoleLabels;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class InferencePoolEndpointsTest {
    private static final RoleLabels ROLES = new RoleLabels(List.of("llm-d.ai/role", "warmlane.dev/role"));

    private static PodBuilder pod(String name, String address, boolean ready) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withUid("uid-" + name)
                .endMetadata()
                .withNewStatus()
                .withPhase("Running")
                .withPodIP(address)
                .addNewCondition()
                .withType("Ready")
                .withStatus(ready ? "True" : "False")
                .endCondition()
                .endStatus();
    }

    private static DiscoveredEndpoints discovered(List<Integer> ports, List<Pod> pods) {
        return new InferencePoolSpec(Map.of("app", "llama"), ports).endpoints(pods, "http", ROLES);
    }

    private static List<String> read(List<Integer> ports, Pod... pods) {
        return discovered(ports, List.of(pods)).endpoints().stream()
                .map(endpoint -> "%s %s %s %s"
                        .formatted(
                                endpoint.id().value(),
                                endpoint.name(),
                                endpoint.uri(),
                                endpoint.state().label()))
                .toList();
    }

    @Test
    void readsReadyAndUnreadyPodsInOrderOfName() {
        assertThat(read(
                        List.of(8000),
                        pod("b", "10.0.0.2", false).build(),
                        pod("a", "10.0.0.1", true).build()))
                .containsExactly("uid-a a http://10.0.0.1:8000 ready", "uid-b b http://10.0.0.2:8000 unready");
    }

    @Test
    void takesEachTargetPortForAnEngineOfItsOwn() {
        assertThat(read(List.of(8000, 8001), pod("a", "10.0.0.1", true).build()))
                .containsExactly(
                        "uid-a:8000 a:8000 http://10.0.0.1:8000 ready", "uid-a:8001 a:8001 http://10.0.0.1:8001 ready");
    }

    @Test
    void drainsATerminatingPodWhileItServes() {
        Pod serving = terminating(pod("a", "10.0.0.1", true));
        Pod gone = terminating(pod("b", "10.0.0.2", false));
        assertThat(read(List.of(8000), serving, gone)).containsExactly("uid-a a http://10.0.0.1:8000 draining");
    }

    private static Pod terminating(PodBuilder pod) {
        return pod.editMetadata()
                .withDeletionTimestamp("2026-01-01T00:00:00Z")
                .endMetadata()
                .build();
    }

    @Test
    void leavesOutPodsThatEndedOrHaveNoAddressYet() {
        Pod failed = pod("a", "10.0.0.1", true)
                .editStatus()
                .withPhase("Failed")
                .endStatus()
                .build();
        Pod done = pod("b", "10.0.0.2", true)
                .editStatus()
                .withPhase("Succeeded")
                .endStatus()
                .build();
        Pod pending = pod("c", null, false)
                .editStatus()
                .withPhase("Pending")
                .endStatus()
                .build();
        Pod unseen = pod("d", null, false).withStatus(null).build();
        assertThat(read(List.of(8000), failed, done, pending, unseen)).isEmpty();
    }

    @Test
    void prefersTheIpv4AddressAndBracketsTheOther() {
        Pod both = pod("a", "fd00::1", true)
                .editStatus()
                .withPodIPs(new PodIP("fd00::1"), new PodIP("10.0.0.1"))
                .endStatus()
                .build();
        assertThat(read(List.of(8000), both, pod("b", "fd00::2", true).build()))
                .containsExactly("uid-a a http://10.0.0.1:8000 ready", "uid-b b http://[fd00::2]:8000 ready");
    }

    @Test
    void refusesAddressesThatNoPodHas() {
        DiscoveredEndpoints read = discovered(
                List.of(8000), List.of(pod("a", "169.254.169.254", true).build()));
        assertThat(read.endpoints()).isEmpty();
        assertThat(read.warnings()).singleElement().asString().startsWith("pod a has 169.254.169.254, refused: ");
    }

    @Test
    void saysTheSameWhateverTheOrder() {
        Pod first = pod("a", "10.0.0.1", true).build();
        Pod second = pod("b", "10.0.0.2", true).build();
        Stream<List<Endpoint>> both = Stream.of(List.of(first, second), List.of(second, first))
                .map(pods -> discovered(List.of(8000), pods).endpoints());
        assertThat(both.distinct()).hasSize(1);
    }

    @Test
    void takesTheRoleOfThePod() {
        Pod prefill = pod("a", "10.0.0.1", true)
                .editMetadata()
                .addToLabels("warmlane.dev/role", "prefill")
                .endMetadata()
                .build();
        assertThat(discovered(
                                List.of(8000),
                                List.of(prefill, pod("b", "10.0.0.2", true).build()))
                        .endpoints())
                .extracting(Endpoint::role)
                .containsExactly(Role.PREFILL, Role.BOTH);
    }
}
