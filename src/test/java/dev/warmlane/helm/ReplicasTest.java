package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.settings.ClusterSettings;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How replicas find each other, and what keeps everybody else out. */
class ReplicasTest {
    private static final String NAME = "warmlane-cluster";
    private static final String SECRET = "a secret of twenty-nine chars";

    private final Rendered byDefault = Chart.render("{}");

    private static ClusterSettings settings(Rendered rendered) {
        return ProcessSettings.of(rendered).cluster();
    }

    private static PodSpec pod(Rendered rendered) {
        return rendered.the(Deployment.class).getSpec().getTemplate().getSpec();
    }

    private static String secret(Secret secret) {
        return new String(Base64.getDecoder().decode(secret.getData().get("secret")), StandardCharsets.UTF_8);
    }

    @Test
    void findEachOtherByAServiceThatListsThemBeforeTheyAreReady() {
        Service service = byDefault.named(Service.class, NAME);
        assertThat(service.getSpec().getClusterIP()).isEqualTo("None");
        assertThat(service.getSpec().getPublishNotReadyAddresses()).isTrue();
        assertThat(service.getSpec().getSelector())
                .isEqualTo(
                        byDefault.the(Deployment.class).getSpec().getSelector().getMatchLabels());
        assertThat(service.getSpec().getPorts())
                .singleElement()
                .satisfies(port -> assertThat(port.getPort()).isEqualTo(7946));
        assertThat(settings(byDefault).service()).isEqualTo(NAME);
    }

    @Test
    void listenOnThePortThatTheServiceAndTheSettingsName() {
        Rendered rendered = Chart.render("cluster: {port: 7000}");
        assertThat(rendered.gateway().getPorts())
                .filteredOn(port -> port.getName().equals("cluster"))
                .extracting(ContainerPort::getContainerPort)
                .containsExactly(7000);
        assertThat(rendered.named(Service.class, NAME)
                        .getSpec()
                        .getPorts()
                        .get(0)
                        .getPort())
                .isEqualTo(7000);
        assertThat(settings(rendered).port()).isEqualTo(7000);
    }

    @Test
    void areReachedAtTheAddressOfTheirPod() {
        assertThat(byDefault.gateway().getEnv())
                .filteredOn(variable -> variable.getName().equals("POD_IP"))
                .singleElement()
                .satisfies(variable -> assertThat(
                                variable.getValueFrom().getFieldRef().getFieldPath())
                        .isEqualTo("status.podIP"));
        assertThat(settings(byDefault).bindAddress()).isEqualTo("${POD_IP}");
    }

    @Test
    void ofAnotherReleaseAreOfAnotherCluster() {
        assertThat(settings(byDefault).name()).isEqualTo("models/warmlane");
        assertThat(ProcessSettings.of(Chart.render("config: {cluster: {gather: 20ms}}"))
                        .cluster()
                        .gather())
                .hasMillis(20);
    }

    @Test
    void talkToEachOtherAlone() {
        NetworkPolicySpec policy = byDefault.the(NetworkPolicy.class).getSpec();
        var labels = policy.getPodSelector().getMatchLabels();
        assertThat(policy.getIngress())
                .filteredOn(rule -> rule.getPorts().get(0).getPort().getIntVal() == 7946)
                .singleElement()
                .satisfies(rule -> assertThat(rule.getFrom()).singleElement().satisfies(peer -> {
                    assertThat(peer.getPodSelector().getMatchLabels()).isEqualTo(labels);
                    assertThat(peer.getNamespaceSelector()).isNull();
                }));
        assertThat(policy.getEgress())
                .filteredOn(rule -> rule.getPorts().get(0).getPort().getIntVal() == 7946)
                .singleElement()
                .satisfies(rule -> assertThat(rule.getTo()).singleElement().satisfies(peer -> {
                    assertThat(peer.getPodSelector().getMatchLabels()).isEqualTo(labels);
                    assertThat(peer.getNamespaceSelector()).isNull();
                }));
    }

    @Test
    void proveThemselvesByARandomSecretInAFile() {
        assertThat(secret(byDefault.named(Secret.class, NAME))).matches("[A-Za-z0-9]{43}");
        assertThat(settings(byDefault).secretFile()).isEqualTo("/etc/warmlane-cluster/secret");
        assertThat(byDefault.gateway().getVolumeMounts())
                .filteredOn(mount -> mount.getName().equals("cluster"))
                .singleElement()
                .satisfies(mount -> {
                    assertThat(mount.getMountPath()).isEqualTo("/etc/warmlane-cluster");
                    assertThat(mount.getReadOnly()).isTrue();
                });
        assertThat(secretVolumes(byDefault)).containsExactly(NAME);
    }

    private static List<String> secretVolumes(Rendered rendered) {
        return pod(rendered).getVolumes().stream()
                .filter(volume -> volume.getSecret() != null)
                .map(Volume::getSecret)
                .map(volume -> {
                    assertThat(volume.getDefaultMode()).isEqualTo(0440);
                    return volume.getSecretName();
                })
                .toList();
    }

    @Test
    void keepTheirSecretWhenTheyAreUpgraded() {
        try (HelmApi api = new HelmApi()) {
            api.install("{}");
            String first = secret(api.get(Secret.class, NAME));
            api.upgrade("replicas: 4");
            assertThat(secret(api.get(Secret.class, NAME))).isEqualTo(first);
            api.upgrade("cluster: {secret: %s}".formatted(SECRET));
            assertThat(secret(api.get(Secret.class, NAME))).isEqualTo(SECRET);
            api.upgrade("{}");
            assertThat(secret(api.get(Secret.class, NAME))).isEqualTo(SECRET);
        }
    }

    @Test
    void getASecretWhenAnUpgradeMakesThemSeveral() {
        try (HelmApi api = new HelmApi()) {
            api.install("replicas: 1");
            api.upgrade("replicas: 2");
            assertThat(secret(api.get(Secret.class, NAME))).hasSize(43);
        }
    }

    @Test
    void areReplacedWhenTheirSecretIs() {
        assertThat(byDefault
                        .the(Deployment.class)
                        .getSpec()
                        .getTemplate()
                        .getMetadata()
                        .getAnnotations())
                .doesNotContainKey("checksum/cluster");
        assertThat(Chart.render("cluster: {secret: %s}".formatted(SECRET))
                        .the(Deployment.class)
                        .getSpec()
                        .getTemplate()
                        .getMetadata()
                        .getAnnotations())
                .containsKey("checksum/cluster");
    }

    @Test
    void useASecretThatIsThere() {
        Rendered rendered = Chart.render("cluster: {existingSecret: ours}");
        assertThat(rendered.has(Secret.class)).isFalse();
        assertThat(secretVolumes(rendered)).containsExactly("ours");
    }

    @Test
    void useABundleInstead() {
        Rendered rendered = Chart.render("cluster: {sslBundle: replicas}");
        assertThat(rendered.has(Secret.class)).isFalse();
        assertThat(secretVolumes(rendered)).isEmpty();
        assertThat(settings(rendered).sslBundle()).isEqualTo("replicas");
        assertThat(settings(rendered).secretFile()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "replicas: 3",
                "{replicas: 1, autoscaling: {enabled: true}}",
                "{replicas: 1, keda: {enabled: true}}",
                "{replicas: 1, cluster: {enabled: true}}"
            })
    void formACluster(String values) {
        assertThat(settings(Chart.render(values)).enabled()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"replicas: 1", "cluster: {enabled: false}"})
    void formNoneWhereThereIsOneOrNoneIsWanted(String values) {
        Rendered rendered = Chart.render(values);
        assertThat(settings(rendered).enabled()).isFalse();
        assertThat(rendered.text()).doesNotContain("cluster:").doesNotContain("warmlane-cluster");
    }

    @Test
    void mayFormOneThatTheChartKnowsNothingOf() {
        assertThat(settings(Chart.render("""
                        cluster: {enabled: false}
                        config: {cluster: {members: ["10.0.0.1:7946", "10.0.0.2:7946"], ssl-bundle: ours}}
                        """)).seeds()).hasSize(2);
    }
}
