package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.warmlane.settings.PoolSettings;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** vLLM pods of which some compute prompts and others responses. */
class RolesTest {
    private static final String NAME = "warmlane-vllm-";

    private static Rendered render(String version, String more) {
        return Chart.render(
                "vllm: {enabled: true, version: %s, model: m, extraArgs: [--seed=1], roles: {enabled: true%s}}"
                        .formatted(version, more));
    }

    private static Rendered render() {
        return render("0.18.0", "");
    }

    private static Deployment deployment(Rendered rendered, String role) {
        return rendered.named(Deployment.class, NAME + role);
    }

    private static Container engine(Rendered rendered, String role) {
        return deployment(rendered, role)
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .get(0);
    }

    @Test
    void areDeployedApart() {
        assertThat(render().all(Deployment.class))
                .extracting(deployment -> deployment.getMetadata().getName())
                .containsExactlyInAnyOrder("warmlane", NAME + "prefill", NAME + "decode");
        assertThat(deployment(render(), "prefill").getSpec().getReplicas()).isEqualTo(2);
        assertThat(deployment(render(), "decode").getSpec().getReplicas()).isEqualTo(6);
    }

    @ParameterizedTest
    @ValueSource(strings = {"prefill", "decode"})
    void areToldByTheLabelThatTheGatewayReads(String role) {
        Service service = render().named(Service.class, NAME + role);
        // Kubernetes copies the labels of a Service to its EndpointSlices.
        assertThat(service.getMetadata().getLabels()).containsEntry("warmlane.dev/role", role);
        assertThat(service.getSpec().getSelector()).containsEntry("warmlane.dev/role", role);
        var spec = deployment(render(), role).getSpec();
        assertThat(spec.getSelector().getMatchLabels())
                .isEqualTo(service.getSpec().getSelector());
        assertThat(spec.getTemplate().getMetadata().getLabels())
                .containsAllEntriesOf(service.getSpec().getSelector());
        var budget = render().named(PodDisruptionBudget.class, NAME + role).getSpec();
        assertThat(budget.getSelector().getMatchLabels())
                .isEqualTo(service.getSpec().getSelector());
        assertThat(budget.getMaxUnavailable().getIntVal()).isEqualTo(1);
    }

    @Test
    void areOnePoolOfTheGateway() {
        PoolSettings pool = ProcessSettings.of(render()).pools().get(0);
        assertThat(pool.kubernetes().service()).isNull();
        Map<String, String> labels =
                render().named(Service.class, NAME + "prefill").getMetadata().getLabels();
        assertThat(pool.kubernetes().selector().split(","))
                .hasSize(3)
                .allSatisfy(label -> assertThat(labels).containsEntry(label.split("=")[0], label.split("=")[1]));
    }

    @ParameterizedTest
    @CsvSource({"0.10.0, false", "0.10.2, false", "0.13.0, true", "0.18.0, true", "1.0.0, true"})
    void handOverBlocksAsTheirVersionCan(String version, boolean recomputes) {
        String expected = "--kv-transfer-config={\"kv_connector\":\"NixlConnector\",\"kv_role\":\"kv_both\"%s}"
                .formatted(recomputes ? ",\"kv_load_failure_policy\":\"recompute\"" : "");
        Rendered rendered = render(version, "");
        assertThat(engine(rendered, "prefill").getArgs()).contains(expected);
        assertThat(engine(rendered, "decode").getArgs()).contains(expected);
        Rendered both = Chart.render("vllm: {enabled: true, version: %s, model: m}".formatted(version));
        assertThat(both.engine().getArgs()).noneMatch(arg -> arg.contains("kv-transfer"));
    }

    @Test
    void tellEachOtherWhereTheirBlocksAre() {
        Container engine = engine(render("0.18.0", ", sideChannelPort: 5700, transferPort: 21000"), "prefill");
        assertThat(engine.getEnv())
                .contains(
                        new EnvVar("VLLM_NIXL_SIDE_CHANNEL_PORT", "5700", null),
                        new EnvVar("UCX_TCP_PORT_RANGE", "21000-21999", null))
                .anySatisfy(variable -> {
                    assertThat(variable.getName()).isEqualTo("VLLM_NIXL_SIDE_CHANNEL_HOST");
                    assertThat(variable.getValueFrom().getFieldRef().getFieldPath())
                            .isEqualTo("status.podIP");
                });
        assertThat(engine.getPorts()).extracting("containerPort").containsExactly(8000, 5700);
    }

    @Test
    void letNobodyElseToTheirBlocks() {
        var rules =
                render().named(NetworkPolicy.class, "warmlane-vllm").getSpec().getIngress();
        assertThat(rules).hasSize(3);
        assertThat(rules.get(1).getPorts())
                .extracting(port -> port.getPort().getIntVal(), NetworkPolicyPort::getEndPort)
                .containsExactly(tuple(5600, 5615), tuple(20000, 20999));
        Map<String, String> pods =
                rules.get(1).getFrom().get(0).getPodSelector().getMatchLabels();
        assertThat(deployment(render(), "prefill")
                        .getSpec()
                        .getTemplate()
                        .getMetadata()
                        .getLabels())
                .containsAllEntriesOf(pods);
        assertThat(deployment(render(), "decode")
                        .getSpec()
                        .getTemplate()
                        .getMetadata()
                        .getLabels())
                .containsAllEntriesOf(pods);
        assertThat(pods).containsEntry("app.kubernetes.io/component", "vllm");
    }

    @Test
    void useTheNetworkThatIsNamed() {
        Rendered rendered = render("0.18.0", ", lockMemory: true, ucx: {UCX_NET_DEVICES: 'mlx5_0:1'}");
        assertThat(engine(rendered, "decode").getEnv()).contains(new EnvVar("UCX_NET_DEVICES", "mlx5_0:1", null));
        var capabilities = engine(rendered, "decode").getSecurityContext().getCapabilities();
        assertThat(capabilities.getDrop()).containsExactly("ALL");
        assertThat(capabilities.getAdd()).containsExactly("IPC_LOCK");
        assertThat(engine(render(), "decode")
                        .getSecurityContext()
                        .getCapabilities()
                        .getAdd())
                .isEmpty();
    }

    @Test
    void haveArgumentsAndResourcesOfTheirOwn() {
        Rendered rendered = render(
                "0.18.0", ", prefill: {extraArgs: [--max-num-seqs=8], resources: {limits: {nvidia.com/gpu: '2'}}}");
        assertThat(engine(rendered, "prefill").getArgs()).endsWith("--seed=1", "--max-num-seqs=8");
        assertThat(engine(rendered, "decode").getArgs()).endsWith("--seed=1");
        assertThat(engine(rendered, "prefill")
                        .getResources()
                        .getLimits()
                        .get("nvidia.com/gpu")
                        .getAmount())
                .isEqualTo("2");
        assertThat(engine(rendered, "decode")
                        .getResources()
                        .getLimits()
                        .get("nvidia.com/gpu")
                        .getAmount())
                .isEqualTo("1");
    }

    @Test
    void areProbedAndDrainLikeOthers() {
        Container both =
                Chart.render("vllm: {enabled: true, version: 0.18.0, model: m}").engine();
        for (String role : List.of("prefill", "decode")) {
            Container engine = engine(render(), role);
            assertThat(engine.getReadinessProbe()).isEqualTo(both.getReadinessProbe());
            assertThat(engine.getStartupProbe()).isEqualTo(both.getStartupProbe());
            assertThat(engine.getLivenessProbe()).isEqualTo(both.getLivenessProbe());
            assertThat(engine.getLifecycle()).isEqualTo(both.getLifecycle());
        }
    }

    @Test
    void areShownByAnExample() throws IOException {
        Rendered rendered = Chart.render(Files.readString(Path.of("helm", "warmlane", "values-prefill-decode.yaml")));
        assertThat(deployment(rendered, "prefill").getSpec().getReplicas()).isEqualTo(2);
        assertThat(deployment(rendered, "decode").getSpec().getReplicas()).isEqualTo(6);
        assertThat(ProcessSettings.of(rendered).pools()).hasSize(1);
    }
}
