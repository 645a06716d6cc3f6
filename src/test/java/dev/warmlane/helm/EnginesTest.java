package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The vLLM pods that the chart can run too. */
class EnginesTest {
    private static String values(String version, String more) {
        return "vllm: {enabled: true, version: %s, model: meta-llama/Llama-3.1-8B%s}".formatted(version, more);
    }

    private static Rendered render(String version, String more) {
        return Chart.render(values(version, more));
    }

    private static Deployment deployment(Rendered rendered) {
        return rendered.named(Deployment.class, "warmlane-vllm");
    }

    private static PodSpec pod(Rendered rendered) {
        return deployment(rendered).getSpec().getTemplate().getSpec();
    }

    @Test
    void areNotRunByDefault() {
        assertThat(Chart.render("{}").all(Deployment.class)).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "0.10.0, builtin, false",
        "0.10.1, builtin, false",
        "0.10.2, sha256, false",
        "0.12.0, sha256, false",
        "0.13.0, sha256, false",
        "0.17.1, sha256, false",
        "0.18.0, sha256, true",
        "0.28.0, sha256, true",
        "1.0.0, sha256, true",
    })
    void usesThePresetOfItsVersion(String version, String hash, boolean drains) {
        List<String> args = render(version, "").engine().getArgs();
        assertThat(args)
                .startsWith("--port=8000", "--enable-prefix-caching", "--prefix-caching-hash-algo=" + hash)
                .contains("--block-size=16", "--gpu-memory-utilization=0.9", "--enable-prompt-tokens-details");
        assertThat(args.contains("--shutdown-timeout=120")).isEqualTo(drains);
    }

    @Test
    void keepsPromptsOutOfTheLogsOfTheVersionThatWritesThem() {
        assertThat(render("0.10.0", "").engine().getArgs()).contains("--disable-log-requests");
        assertThat(render("0.11.0", "").engine().getArgs()).doesNotContain("--disable-log-requests");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.10.0", "0.11.0", "0.14.0", "0.20.0"})
    void neverSetsTheFlagOfChunkedPrefill(String version) {
        assertThat(render(version, "").engine().getArgs()).noneMatch(arg -> arg.contains("chunked"));
    }

    @Test
    void takesAnotherHashOfItsVersion() {
        assertThat(render("0.13.0", ", hashAlgorithm: xxhash").engine().getArgs())
                .contains("--prefix-caching-hash-algo=xxhash");
    }

    @Test
    void takesOtherNumbers() {
        assertThat(render("0.18.0", ", blockSize: 32, gpuMemoryUtilization: 0.85, shutdownSeconds: 300")
                        .engine()
                        .getArgs())
                .contains("--block-size=32", "--gpu-memory-utilization=0.85", "--shutdown-timeout=300");
    }

    @Test
    void publishesItsCacheOnlyWhenTold() {
        assertThat(render("0.10.0", "").engine().getArgs()).noneMatch(arg -> arg.contains("kv-events"));
        Rendered events = render("0.10.0", ", kvEvents: {enabled: true, port: 6000}");
        assertThat(events.engine().getArgs())
                .contains("--kv-events-config={\"enable_kv_cache_events\":true,\"publisher\":\"zmq\","
                        + "\"endpoint\":\"tcp://*:6000\",\"replay_endpoint\":\"tcp://*:6001\",\"topic\":\"\"}");
        assertThat(events.engine().getPorts()).extracting("containerPort").containsExactly(8000, 6000, 6001);
    }

    @Test
    void servesItsModelUnderItsNames() {
        Rendered rendered = render("0.10.0", ", servedNames: [llama, base]");
        assertThat(rendered.engine().getCommand()).containsExactly("vllm", "serve", "meta-llama/Llama-3.1-8B");
        assertThat(rendered.engine().getArgs()).containsSequence("--served-model-name", "llama", "base");
    }

    @Test
    void takesFurtherArgumentsLast() {
        assertThat(render("0.10.0", ", extraArgs: [--max-model-len=32768]")
                        .engine()
                        .getArgs())
                .endsWith("--max-model-len=32768");
    }

    @Test
    void runsTheImageOfItsVersion() {
        assertThat(render("0.11.2", "").engine().getImage()).isEqualTo("vllm/vllm-openai:v0.11.2");
    }

    @Test
    void runsAnotherImage() {
        assertThat(render("0.10.0", ", image: {repository: ghcr.io/llm-d/llm-d, tag: v0.2.0}")
                        .engine()
                        .getImage())
                .isEqualTo("ghcr.io/llm-d/llm-d:v0.2.0");
        String digest = "sha256:" + "b".repeat(64);
        assertThat(render("0.10.0", ", image: {digest: '%s'}".formatted(digest))
                        .engine()
                        .getImage())
                .isEqualTo("vllm/vllm-openai@" + digest);
    }

    @Test
    void mayTakeHalfAnHourToLoadItsModel() {
        Probe startup = render("0.10.0", "").engine().getStartupProbe();
        assertThat(startup.getPeriodSeconds() * startup.getFailureThreshold()).isEqualTo(30 * 60);
        assertThat(deployment(render("0.10.0", "")).getSpec().getProgressDeadlineSeconds())
                .isGreaterThan(30 * 60);
    }

    @Test
    void isAskedForItsHealth() {
        assertThat(List.of(
                        render("0.10.0", "").engine().getReadinessProbe(),
                        render("0.10.0", "").engine().getLivenessProbe()))
                .allSatisfy(probe -> {
                    assertThat(probe.getHttpGet().getPath()).isEqualTo("/health");
                    assertThat(probe.getHttpGet().getPort().getStrVal()).isEqualTo("http");
                });
    }

    @Test
    void isReplacedOneByOneWithoutAGap() {
        var rolling = deployment(render("0.10.0", "")).getSpec().getStrategy().getRollingUpdate();
        assertThat(rolling.getMaxUnavailable().getIntVal()).isZero();
        assertThat(rolling.getMaxSurge().getIntVal()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"0.10.0, 135", "0.18.0, 15"})
    void waitsBeforeItEndsForAsLongAsItCannotDrain(String version, String seconds) {
        assertThat(render(version, "")
                        .engine()
                        .getLifecycle()
                        .getPreStop()
                        .getExec()
                        .getCommand())
                .containsExactly("sleep", seconds);
        assertThat(pod(render(version, "")).getTerminationGracePeriodSeconds()).isEqualTo(165);
    }

    @Test
    void asksForAGpu() {
        assertThat(render("0.10.0", "").engine().getResources().getLimits()).containsKey("nvidia.com/gpu");
    }

    @Test
    void isFoundThroughAHeadlessService() {
        Service service = render("0.10.0", "").named(Service.class, "warmlane-vllm");
        assertThat(service.getSpec().getClusterIP()).isEqualTo("None");
        assertThat(deployment(render("0.10.0", ""))
                        .getSpec()
                        .getTemplate()
                        .getMetadata()
                        .getLabels())
                .containsAllEntriesOf(service.getSpec().getSelector());
    }

    @Test
    void isNotTakenForAGateway() {
        assertThat(Chart.render("{}").the(Service.class).getSpec().getSelector())
                .isNotEqualTo(render("0.10.0", "")
                        .named(Service.class, "warmlane-vllm")
                        .getSpec()
                        .getSelector());
    }

    @Test
    void losesOnePodAtATime() {
        var budget = render("0.10.0", "")
                .named(PodDisruptionBudget.class, "warmlane-vllm")
                .getSpec();
        assertThat(budget.getMaxUnavailable().getIntVal()).isEqualTo(1);
        assertThat(budget.getUnhealthyPodEvictionPolicy()).isEqualTo("AlwaysAllow");
    }

    @Test
    void seesNoPortOfAService() {
        assertThat(pod(render("0.10.0", "")).getEnableServiceLinks()).isFalse();
    }

    @Test
    void logsInForItsModel() {
        assertThat(render("0.10.0", ", huggingFaceSecret: hf").engine().getEnv())
                .filteredOn(variable -> variable.getName().equals("HF_TOKEN"))
                .singleElement()
                .satisfies(variable -> assertThat(
                                variable.getValueFrom().getSecretKeyRef().getName())
                        .isEqualTo("hf"));
    }

    @Test
    void keepsModelsWhereItIsTold() {
        assertThat(pod(render("0.10.0", ", modelCacheClaim: models")).getVolumes())
                .filteredOn(volume -> volume.getName().equals("models"))
                .singleElement()
                .satisfies(
                        volume -> assertThat(volume.getPersistentVolumeClaim().getClaimName())
                                .isEqualTo("models"));
    }

    @Test
    void goesWhereItIsSent() {
        PodSpec pod = pod(render(
                "0.10.0",
                ", replicas: 4, nodeSelector: {gpu: h100}, tolerations: [{key: gpu, operator: Exists}], affinity: {podAffinity: {}},"
                        + " runtimeClassName: nvidia, extraEnv: [{name: VLLM_LOGGING_LEVEL, value: INFO}]"));
        assertThat(pod.getNodeSelector()).containsEntry("gpu", "h100");
        assertThat(pod.getTolerations()).extracting("key").containsExactly("gpu");
        assertThat(pod.getRuntimeClassName()).isEqualTo("nvidia");
        assertThat(pod.getContainers().get(0).getEnv()).contains(new EnvVar("VLLM_LOGGING_LEVEL", "INFO", null));
    }

    @Test
    void sharesItsFlagsWithThePresetForModelService() {
        ConfigMap preset = (ConfigMap) StrictModels.read(PresetFiles.read("llm-d-basic-gpu-with-hybrid-cache.yaml"))
                .get(0);
        assertThat(preset.getMetadata().getName()).isEqualTo("basic-gpu-with-hybrid-cache");
        Deployment decode = PresetFiles.deployment(preset.getData().get("decodeDeployment"));
        var container = decode.getSpec().getTemplate().getSpec().getContainers().get(0);
        assertThat(container.getImage()).isEqualTo("ghcr.io/llm-d/llm-d:v0.2.0");
        assertThat(container.getArgs()).isEqualTo(render("0.10.0", "").engine().getArgs());
        assertThat(container.getLifecycle())
                .isEqualTo(render("0.10.0", "").engine().getLifecycle());
        assertThat(decode.getSpec().getStrategy())
                .isEqualTo(deployment(render("0.10.0", "")).getSpec().getStrategy());
    }
}
