package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Who may talk to the gateway, and whom it may talk to. */
class NetworkPolicyTest {
    private static NetworkPolicySpec policy(String values) {
        return Chart.render(values).the(NetworkPolicy.class).getSpec();
    }

    /** Rules as {@code ports > peers}. */
    private static List<String> egress(String values) {
        return policy(values).getEgress().stream().map(NetworkPolicyTest::shown).toList();
    }

    private static String shown(NetworkPolicyEgressRule rule) {
        return ports(rule.getPorts()) + " > "
                + rule.getTo().stream().map(NetworkPolicyTest::peer).collect(Collectors.joining(","));
    }

    private static String ports(List<NetworkPolicyPort> ports) {
        return ports.stream()
                .map(port -> (port.getProtocol() == null ? "" : port.getProtocol() + " ")
                        + port.getPort().getIntVal())
                .collect(Collectors.joining(","));
    }

    private static String peer(NetworkPolicyPeer peer) {
        if (peer.getIpBlock() != null) {
            return peer.getIpBlock().getCidr() + peer.getIpBlock().getExcept();
        }
        Map<String, String> labels = new TreeMap<>();
        if (peer.getNamespaceSelector() != null) {
            labels.putAll(peer.getNamespaceSelector().getMatchLabels());
        }
        if (peer.getPodSelector() != null) {
            labels.putAll(peer.getPodSelector().getMatchLabels());
        }
        return labels.getOrDefault(
                "kubernetes.io/metadata.name", String.valueOf(labels.get("app.kubernetes.io/component")));
    }

    @Test
    void isThereByDefaultForBothDirections() {
        assertThat(policy("{}").getPolicyTypes()).containsExactly("Ingress", "Egress");
    }

    @Test
    void holdsTheGatewaysPods() {
        assertThat(policy("{}").getPodSelector().getMatchLabels())
                .isEqualTo(Map.of(
                        "app.kubernetes.io/name", "warmlane",
                        "app.kubernetes.io/instance", "warmlane",
                        "app.kubernetes.io/component", "gateway"));
    }

    @Test
    void isLeftOutWhenTold() {
        assertThat(Chart.render("networkPolicy: {enabled: false}").has(NetworkPolicy.class))
                .isFalse();
    }

    @Test
    void letsEverybodyToThePublicPort() {
        var rule = policy("{}").getIngress().get(0);
        assertThat(ports(rule.getPorts())).isEqualTo("8080");
        assertThat(rule.getFrom()).isEmpty();
    }

    @Test
    void letsOnlyThoseNamedAndThoseThatMeasureToThePublicPort() {
        assertThat(policy("networkPolicy: {from: [{podSelector: {matchLabels: {app: web}}}]}")
                        .getIngress()
                        .get(0)
                        .getFrom())
                .extracting(peer -> peer.getPodSelector().getMatchLabels())
                .containsExactly(Map.of("app", "web"), Map.of("warmlane.dev/management-client", "true"));
    }

    @Test
    void letsMonitoringToTheManagementPort() {
        var rule = policy("networkPolicy: {monitoringNamespaces: [prometheus, grafana]}")
                .getIngress()
                .get(1);
        assertThat(ports(rule.getPorts())).isEqualTo("8081");
        assertThat(rule.getFrom().stream().map(NetworkPolicyTest::peer))
                .containsExactly("prometheus", "grafana", "null");
    }

    @Test
    void letsLabelledPodsOfItsNamespaceToTheManagementPort() {
        assertThat(policy("networkPolicy: {monitoringNamespaces: []}")
                        .getIngress()
                        .get(1)
                        .getFrom())
                .singleElement()
                .satisfies(peer -> {
                    assertThat(peer.getNamespaceSelector()).isNull();
                    assertThat(peer.getPodSelector().getMatchLabels())
                            .isEqualTo(Map.of("warmlane.dev/management-client", "true"));
                });
    }

    @Test
    void reachesDnsTheApiServerAndTheEnginesAlone() {
        assertThat(egress("{}"))
                .containsExactly(
                        "7946 > gateway",
                        "UDP 53,TCP 53 > kube-system,169.254.20.10/32[]",
                        "443,6443 > 0.0.0.0/0[169.254.0.0/16],::/0[fe80::/10]",
                        "8000 > models");
    }

    @Test
    void reachesTheApiServerWhereItIs() {
        assertThat(egress("networkPolicy: {apiServerCidrs: [10.96.0.1/32], apiServerPorts: [6443]}"))
                .contains("6443 > 10.96.0.1/32[]");
    }

    @Test
    void reachesOpenShiftsDns() {
        assertThat(egress("openshift: {enabled: true}")).contains("UDP 5353,TCP 5353 > openshift-dns");
    }

    @Test
    void reachesAnotherDns() {
        assertThat(egress("networkPolicy: {dns: [{ipBlock: {cidr: 10.0.0.10/32}}]}"))
                .contains("UDP 53,TCP 53 > 10.0.0.10/32[]");
    }

    @Test
    void reachesEnginesInTheirNamespaceOnTheirPort() {
        assertThat(egress("discovery: {namespace: gpu, port: 9000}")).contains("9000 > gpu");
    }

    @Test
    void reachesEnginesOnPortsThatANameStandsFor() {
        assertThat(egress("discovery: {port: http}\nnetworkPolicy: {enginePorts: [8000, 8200]}"))
                .contains("8000,8200 > models");
    }

    @Test
    void reachesEveryPool() {
        assertThat(egress("""
                        config:
                          pools:
                            - {name: a, kubernetes: {service: a, namespace: team-a}}
                            - {name: b, kubernetes: {inference-pool: b, namespace: team-b}}
                            - {name: c, endpoints: ["http://10.0.0.7:8000"]}
                        """)).contains("8000 > team-a", "8000 > team-b", "8000 > 10.0.0.7/32[]");
    }

    @Test
    void reachesUrlsAndNoApiServer() {
        assertThat(egress("""
                        discovery:
                          urls: ["http://10.0.0.1:8000", "http://[fd00::1]:8001", "https://vllm.example.org", "http://vllm"]
                        """))
                .containsExactly(
                        "7946 > gateway",
                        "UDP 53,TCP 53 > kube-system,169.254.20.10/32[]",
                        "8000 > 10.0.0.1/32[]",
                        "8001 > fd00::1/128[]",
                        "443 > ",
                        "80 > ");
    }

    @Test
    void reachesUrlsWithPathsAndRoles() {
        assertThat(egress("""
                        discovery:
                          urls: ["http://10.0.0.1:8000 role=prefill", "http://10.0.0.2:8000/a/b", "https://10.0.0.3/a role=decode"]
                        """)).contains("8000 > 10.0.0.1/32[]", "8000 > 10.0.0.2/32[]", "443 > 10.0.0.3/32[]");
    }

    @Test
    void reachesWhatElseItIsTold() {
        assertThat(
                        egress(
                                "networkPolicy: {extraEgress: [{ports: [{port: 443}], to: [{ipBlock: {cidr: 192.0.2.1/32}}]}]}"))
                .contains("443 > 192.0.2.1/32[]");
    }

    @Test
    void letsOnlyTheGatewayAndMonitoringToTheEngines() {
        NetworkPolicySpec engines = Chart.render("vllm: {enabled: true, version: 0.10.0, model: m}")
                .named(NetworkPolicy.class, "warmlane-vllm")
                .getSpec();
        assertThat(engines.getPolicyTypes()).containsExactly("Ingress");
        assertThat(engines.getIngress()).hasSize(2);
        assertThat(engines.getIngress().get(0).getFrom())
                .singleElement()
                .satisfies(peer -> assertThat(peer.getPodSelector().getMatchLabels())
                        .containsEntry("app.kubernetes.io/component", "gateway"));
        assertThat(engines.getIngress().get(1).getFrom().stream().map(NetworkPolicyTest::peer))
                .containsExactly("monitoring");
    }

    @Test
    void opensTheEventPortsToTheGateway() {
        NetworkPolicySpec engines = Chart.render(
                        "vllm: {enabled: true, version: 0.10.0, model: m, kvEvents: {enabled: true}}")
                .named(NetworkPolicy.class, "warmlane-vllm")
                .getSpec();
        assertThat(ports(engines.getIngress().get(0).getPorts())).isEqualTo("8000,5557,5558");
        assertThat(ports(engines.getIngress().get(1).getPorts())).isEqualTo("8000");
    }
}
