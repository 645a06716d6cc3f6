package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.settings.WarmlaneSettings.DrainSettings;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentSpec;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The gateway's Deployment. */
class GatewayPodsTest {
    private final Rendered byDefault = Chart.render("{}");

    private static DeploymentSpec deployment(Rendered rendered) {
        return rendered.the(Deployment.class).getSpec();
    }

    private static PodSpec pod(Rendered rendered) {
        return deployment(rendered).getTemplate().getSpec();
    }

    @Test
    void asksForAtMostOneCpuAndOneGibibyte() {
        var requests = byDefault.gateway().getResources().getRequests();
        assertThat(Quantity.getAmountInBytes(requests.get("cpu"))).isLessThanOrEqualTo(BigDecimal.ONE);
        assertThat(Quantity.getAmountInBytes(requests.get("memory"))).isLessThanOrEqualTo(new BigDecimal(1L << 30));
    }

    @Test
    void isNotThrottled() {
        assertThat(byDefault.gateway().getResources().getLimits()).containsOnlyKeys("memory");
    }

    @Test
    void neverUsesTheLatestTag() {
        assertThat(byDefault.gateway().getImage()).isEqualTo("warmlane/warmlane:0.2.0");
        assertThat(byDefault.text()).doesNotContain(":latest");
    }

    @Test
    void takesATag() {
        assertThat(Chart.render("image: {repository: ghcr.io/acme/warmlane, tag: 1.2.3}")
                        .gateway()
                        .getImage())
                .isEqualTo("ghcr.io/acme/warmlane:1.2.3");
    }

    @Test
    void prefersADigest() {
        String digest = "sha256:" + "a".repeat(64);
        assertThat(Chart.render("image: {tag: 1.2.3, digest: '%s'}".formatted(digest))
                        .gateway()
                        .getImage())
                .isEqualTo("warmlane/warmlane@" + digest);
    }

    @Test
    void pullsWithTheSecretsNamed() {
        assertThat(pod(Chart.render("image: {pullSecrets: [registry]}")).getImagePullSecrets())
                .extracting("name")
                .containsExactly("registry");
    }

    @Test
    void startsTheGateway() {
        assertThat(byDefault.gateway().getArgs()).containsExactly("serve");
    }

    @Test
    void listensOnBothPorts() {
        assertThat(Chart.render("replicas: 1").gateway().getPorts())
                .extracting("name", "containerPort")
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("http", 8080),
                        org.assertj.core.groups.Tuple.tuple("management", 8081));
    }

    @Test
    void isProbedOnTheManagementPort() {
        for (Probe probe : List.of(
                byDefault.gateway().getStartupProbe(),
                byDefault.gateway().getLivenessProbe(),
                byDefault.gateway().getReadinessProbe())) {
            assertThat(probe.getHttpGet().getPort().getStrVal()).isEqualTo("management");
        }
    }

    @Test
    void isReadyAndAliveByDifferentQuestions() {
        assertThat(byDefault.gateway().getReadinessProbe().getHttpGet().getPath())
                .isEqualTo("/actuator/health/readiness");
        assertThat(byDefault.gateway().getLivenessProbe().getHttpGet().getPath())
                .isEqualTo("/actuator/health/liveness");
    }

    @Test
    void mayTakeTwoMinutesToStart() {
        Probe startup = byDefault.gateway().getStartupProbe();
        assertThat(startup.getPeriodSeconds() * startup.getFailureThreshold()).isEqualTo(120);
    }

    @Test
    void takesOtherProbeTimes() {
        Rendered rendered = Chart.render(
                "probes: {startupAttempts: 9, livenessPeriodSeconds: 30, readinessPeriodSeconds: 2, timeoutSeconds: 1}");
        assertThat(rendered.gateway().getStartupProbe().getFailureThreshold()).isEqualTo(9);
        assertThat(rendered.gateway().getLivenessProbe().getPeriodSeconds()).isEqualTo(30);
        assertThat(rendered.gateway().getReadinessProbe().getPeriodSeconds()).isEqualTo(2);
        assertThat(rendered.gateway().getReadinessProbe().getTimeoutSeconds()).isEqualTo(1);
    }

    @Test
    void givesStreamsTheTimeThatDrainingTakes() {
        for (String values : List.of(
                "{}",
                "config: {drain: {timeout: 1h}}",
                "config: {drain: {accept: 0s, timeout: 90s, farewell: 1500ms}}")) {
            Rendered rendered = Chart.render(values);
            DrainSettings drain = ProcessSettings.of(rendered).drain();
            Duration drains =
                    drain.accept().plus(drain.timeout()).plus(drain.farewell()).plus(drain.close());
            assertThat(Duration.ofSeconds(pod(rendered).getTerminationGracePeriodSeconds()))
                    .as(values)
                    .isBetween(drains.plusSeconds(30), drains.plusSeconds(32));
        }
    }

    @Test
    void takesAnotherMargin() {
        assertThat(pod(Chart.render("terminationMarginSeconds: 5")).getTerminationGracePeriodSeconds())
                .isEqualTo(630);
    }

    @Test
    void needsNoHook() {
        assertThat(byDefault.gateway().getLifecycle()).isNull();
    }

    @Test
    void takesAHook() {
        assertThat(Chart.render("lifecycle: {preStop: {sleep: {seconds: 5}}}")
                        .gateway()
                        .getLifecycle()
                        .getPreStop()
                        .getSleep()
                        .getSeconds())
                .isEqualTo(5);
    }

    @Test
    void isReplacedOneByOneWithoutAGap() {
        var rolling = deployment(byDefault).getStrategy().getRollingUpdate();
        assertThat(rolling.getMaxUnavailable().getIntVal()).isZero();
        assertThat(rolling.getMaxSurge().getIntVal()).isEqualTo(1);
    }

    @Test
    void runsInTwoReplicas() {
        assertThat(deployment(byDefault).getReplicas()).isEqualTo(2);
        assertThat(deployment(Chart.render("replicas: 3")).getReplicas()).isEqualTo(3);
    }

    @Test
    void spreadsOverHostsAndZones() {
        assertThat(pod(byDefault).getTopologySpreadConstraints())
                .extracting("topologyKey")
                .containsExactly("kubernetes.io/hostname", "topology.kubernetes.io/zone");
        assertThat(pod(byDefault).getTopologySpreadConstraints())
                .allSatisfy(spread -> assertThat(spread.getLabelSelector().getMatchLabels())
                        .isEqualTo(deployment(byDefault).getSelector().getMatchLabels()))
                .allSatisfy(spread -> assertThat(spread.getMatchLabelKeys()).containsExactly("pod-template-hash"));
    }

    @Test
    void spreadsAsTold() {
        assertThat(pod(Chart.render("""
                        topologySpreadConstraints:
                          - {maxSkew: 1, topologyKey: rack, whenUnsatisfiable: DoNotSchedule}
                        """)).getTopologySpreadConstraints())
                .extracting("topologyKey")
                .containsExactly("rack");
    }

    @Test
    void goesWhereItIsSent() {
        PodSpec pod = pod(Chart.render("""
                nodeSelector: {pool: cpu}
                tolerations: [{key: dedicated, operator: Exists}]
                affinity: {nodeAffinity: {}}
                priorityClassName: high
                """));
        assertThat(pod.getNodeSelector()).isEqualTo(Map.of("pool", "cpu"));
        assertThat(pod.getTolerations()).extracting("key").containsExactly("dedicated");
        assertThat(pod.getAffinity().getNodeAffinity()).isNotNull();
        assertThat(pod.getPriorityClassName()).isEqualTo("high");
    }

    @Test
    void leavesNoServiceVariablesWhereSettingsAreRead() {
        assertThat(pod(byDefault).getEnableServiceLinks()).isFalse();
    }

    @Test
    void readsItsSettingsFromTheConfigMap() {
        assertThat(byDefault.gateway().getEnv())
                .contains(new EnvVar("SPRING_CONFIG_ADDITIONAL_LOCATION", "file:/etc/warmlane/", null));
        assertThat(byDefault.gateway().getEnv()).contains(new EnvVar("SPRING_PROFILES_ACTIVE", "kubernetes", null));
        assertThat(byDefault.gateway().getVolumeMounts())
                .anySatisfy(mount -> assertThat(mount.getMountPath()).isEqualTo("/etc/warmlane"));
    }

    @Test
    void tellsTheJvmItsShare() {
        assertThat(options(byDefault))
                .isEqualTo(
                        "-XX:ActiveProcessorCount=2 -XX:+UseSerialGC -XX:NewRatio=6 -XX:MinHeapFreeRatio=10"
                                + " -XX:MaxHeapFreeRatio=20 -XX:-ShrinkHeapInSteps -XX:MaxRAMPercentage=60 -XX:+ExitOnOutOfMemoryError");
        assertThat(options(Chart.render("jvm: {processors: 8, options: ''}"))).isEqualTo("-XX:ActiveProcessorCount=8");
    }

    private static String options(Rendered rendered) {
        return rendered.gateway().getEnv().stream()
                .filter(variable -> variable.getName().equals("JAVA_TOOL_OPTIONS"))
                .findFirst()
                .orElseThrow()
                .getValue();
    }

    @Test
    void takesVariablesVolumesAndContainers() {
        Rendered rendered = Chart.render("""
                extraEnv:
                  - {name: VLLM_API_KEY, valueFrom: {secretKeyRef: {name: keys, key: vllm}}}
                extraVolumes: [{name: keys, secret: {secretName: keys}}]
                extraVolumeMounts: [{name: keys, mountPath: /keys, readOnly: true}]
                extraContainers: [{name: sidecar, image: "example.org/sidecar:1"}]
                """);
        assertThat(rendered.gateway().getEnv()).extracting("name").contains("VLLM_API_KEY");
        assertThat(rendered.gateway().getVolumeMounts()).extracting("mountPath").contains("/keys");
        assertThat(pod(rendered).getVolumes()).extracting("name").contains("keys");
        assertThat(pod(rendered).getContainers()).extracting("name").containsExactly("warmlane", "sidecar");
    }

    @Test
    void labelsAndAnnotatesItsPods() {
        var template = deployment(Chart.render("podLabels: {team: ai}\npodAnnotations: {note: hello}"))
                .getTemplate()
                .getMetadata();
        assertThat(template.getLabels()).containsEntry("team", "ai");
        assertThat(template.getAnnotations()).containsEntry("note", "hello");
    }

    @Test
    void findsItsOwnPods() {
        assertThat(deployment(byDefault).getTemplate().getMetadata().getLabels())
                .containsAllEntriesOf(deployment(byDefault).getSelector().getMatchLabels());
    }

    @Test
    void rollsItsPodsWhenSettingsChange() {
        assertThat(checksum("config: {affinity: {ttl: 1h}}")).isNotEqualTo(checksum("{}"));
        assertThat(checksum("policies: {mine: 'rule: random'}")).isNotEqualTo(checksum("{}"));
        assertThat(checksum("replicas: 5")).isEqualTo(checksum("{}"));
        assertThat(checksum("modelNames: [{name: chat, targets: v2}]"))
                .as("reloaded without a restart")
                .isEqualTo(checksum("modelNames: [{name: chat, targets: v1}]"));
    }

    private static String checksum(String values) {
        return deployment(Chart.render(values))
                .getTemplate()
                .getMetadata()
                .getAnnotations()
                .get("checksum/config");
    }

    @Test
    void mountsPoliciesWhereTheyGoBeforeTheJars() {
        Rendered rendered = Chart.render("policies: {mine: 'rule: random'}");
        assertThat(rendered.gateway().getVolumeMounts()).extracting("mountPath").contains("/app/gateway/policies");
        assertThat(rendered.gateway().getVolumeMounts()).hasSize(4);
    }
}
