package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerBehavior;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;

/** How many gateways run. */
class ScalingTest {
    private static final String SCALED = "autoscaling: {enabled: true, inFlight: 200}";
    private static final String KEDA = "keda: {enabled: true, inFlight: 150, prometheus: 'http://prom:9090'}";

    @Test
    void isNotScaledByDefault() {
        assertThat(Chart.render("{}").has(HorizontalPodAutoscaler.class)).isFalse();
        assertThat(Chart.render("{}").has(ScaledObject.class)).isFalse();
    }

    @Test
    void leavesTheReplicasToWhatScalesThem() {
        assertThat(Chart.render(SCALED).the(Deployment.class).getSpec().getReplicas())
                .isNull();
        assertThat(Chart.render(KEDA).the(Deployment.class).getSpec().getReplicas())
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {SCALED, KEDA})
    void keepsTheReplicasThatRunUntilTheAutoscalerChangesThem(String scaled) {
        try (HelmApi api = new HelmApi()) {
            api.install("replicas: 6");
            api.upgrade(scaled);
            assertThat(replicas(api)).isEqualTo(6);
            api.put(new DeploymentBuilder(api.get(Deployment.class, "warmlane"))
                    .editSpec()
                    .withReplicas(4)
                    .endSpec()
                    .build());
            api.upgrade(scaled + "\npodLabels: {a: b}");
            assertThat(replicas(api)).isEqualTo(4);
            api.upgrade("replicas: 3");
            assertThat(replicas(api)).isEqualTo(3);
        }
    }

    private static Integer replicas(HelmApi api) {
        return api.get(Deployment.class, "warmlane").getSpec().getReplicas();
    }

    @Test
    void scalesByCpuAndByRequestsInFlight() {
        var metrics = Chart.render(SCALED)
                .the(HorizontalPodAutoscaler.class)
                .getSpec()
                .getMetrics();
        assertThat(metrics).hasSize(2);
        assertThat(metrics.get(0).getResource().getTarget().getAverageUtilization())
                .isEqualTo(70);
        assertThat(metrics.get(1).getPods().getMetric().getName()).isEqualTo("warmlane_in_flight_requests");
        assertThat(metrics.get(1).getPods().getTarget().getAverageValue().getAmount())
                .isEqualTo("200");
    }

    @Test
    void scalesByWhatTheAdapterMakesOfTheGatewaysMetric() throws IOException {
        Map<String, Map<String, List<Map<String, Object>>>> values =
                new Yaml().load(Files.readString(Path.of("config", "prometheus-adapter", "values.yaml")));
        Map<String, Object> rule = values.get("rules").get("custom").get(0);
        String metric = Chart.render(SCALED)
                .the(HorizontalPodAutoscaler.class)
                .getSpec()
                .getMetrics()
                .get(1)
                .getPods()
                .getMetric()
                .getName();
        assertThat(rule.get("seriesQuery")).isEqualTo(metric + "{namespace!=\"\",pod!=\"\"}");
        assertThat(rule.get("metricsQuery")).isEqualTo("sum by (<<.GroupBy>>) (<<.Series>>{<<.LabelMatchers>>})");
        assertThat(Files.readString(Path.of("docs", "metrics.md"))).contains("| `" + metric + "` | gauge |");
    }

    @Test
    void scalesByOneOfThemAlone() {
        assertThat(Chart.render("autoscaling: {enabled: true}")
                        .the(HorizontalPodAutoscaler.class)
                        .getSpec()
                        .getMetrics())
                .singleElement()
                .satisfies(metric -> assertThat(metric.getResource()).isNotNull());
        assertThat(Chart.render("autoscaling: {enabled: true, cpuPercent: 0, inFlight: 10}")
                        .the(HorizontalPodAutoscaler.class)
                        .getSpec()
                        .getMetrics())
                .singleElement()
                .satisfies(metric -> assertThat(metric.getPods()).isNotNull());
    }

    @Test
    void shrinksSlowly() {
        var down = Chart.render(SCALED)
                .the(HorizontalPodAutoscaler.class)
                .getSpec()
                .getBehavior()
                .getScaleDown();
        assertThat(down.getStabilizationWindowSeconds()).isEqualTo(600);
        assertThat(down.getPolicies())
                .singleElement()
                .satisfies(policy -> assertThat(policy.getValue()).isEqualTo(1));
    }

    @Test
    void scalesBetweenItsBounds() {
        var spec = Chart.render("autoscaling: {enabled: true, minReplicas: 3, maxReplicas: 9}")
                .the(HorizontalPodAutoscaler.class)
                .getSpec();
        assertThat(spec.getMinReplicas()).isEqualTo(3);
        assertThat(spec.getMaxReplicas()).isEqualTo(9);
        assertThat(spec.getScaleTargetRef().getName()).isEqualTo("warmlane");
    }

    @Test
    void scalesByKedaOnRequestsInFlight() {
        var spec = Chart.render(KEDA).the(ScaledObject.class).getSpec();
        assertThat(spec.scaleTargetRef().name()).isEqualTo("warmlane");
        assertThat(spec.minReplicaCount()).isEqualTo(2);
        assertThat(spec.maxReplicaCount()).isEqualTo(6);
        assertThat(spec.triggers())
                .singleElement()
                .satisfies(
                        trigger -> assertThat(trigger.metadata())
                                .containsEntry("serverAddress", "http://prom:9090")
                                .containsEntry("threshold", "150")
                                .containsEntry(
                                        "query",
                                        "sum(warmlane_in_flight_requests{namespace=\"models\",pod=~\"warmlane-[a-z0-9]+-[a-z0-9]+\"})"));
    }

    @Test
    void shrinksSlowlyByKedaToo() {
        assertThat(Chart.render(KEDA)
                        .the(ScaledObject.class)
                        .getSpec()
                        .advanced()
                        .horizontalPodAutoscalerConfig()
                        .behavior()
                        .getScaleDown()
                        .getStabilizationWindowSeconds())
                .isEqualTo(600);
    }

    private static final String ENGINES =
            "vllm: {enabled: true, version: 0.18.0, model: m, scaling: {by: %s, minReplicas: 3, maxReplicas: 9}}";

    @Test
    void scalesNoEnginesByDefault() {
        Rendered rendered = Chart.render("vllm: {enabled: true, version: 0.18.0, model: m}");
        assertThat(rendered.has(ScaledObject.class)).isFalse();
        assertThat(rendered.has(HorizontalPodAutoscaler.class)).isFalse();
        assertThat(rendered.named(Deployment.class, "warmlane-vllm").getSpec().getReplicas())
                .isEqualTo(2);
    }

    @Test
    void scalesEnginesByKedaToWhatTheGatewayAdvises() {
        Rendered rendered = Chart.render(ENGINES.formatted("keda"));
        var spec = rendered.named(ScaledObject.class, "warmlane-vllm").getSpec();
        assertThat(rendered.named(Deployment.class, "warmlane-vllm").getSpec().getReplicas())
                .isNull();
        assertThat(spec.scaleTargetRef().name()).isEqualTo("warmlane-vllm");
        assertThat(spec.minReplicaCount()).isEqualTo(3);
        assertThat(spec.maxReplicaCount()).isEqualTo(9);
        assertThat(spec.triggers())
                .singleElement()
                .satisfies(trigger -> assertThat(trigger.metricType()).isEqualTo("AverageValue"))
                .satisfies(
                        trigger -> assertThat(trigger.metadata())
                                .containsEntry("threshold", "1")
                                .containsEntry(
                                        "query",
                                        "max(warmlane_advised_endpoints{namespace=\"models\",pod=~\"warmlane-[a-z0-9]+-[a-z0-9]+\",pool=\"default\"})"));
        losesOneIn600Seconds(spec.advanced().horizontalPodAutoscalerConfig().behavior());
    }

    @Test
    void scalesEnginesThroughTheAdapterToo() throws IOException {
        var spec = Chart.render(ENGINES.formatted("hpa"))
                .named(HorizontalPodAutoscaler.class, "warmlane-vllm")
                .getSpec();
        assertThat(spec.getScaleTargetRef().getName()).isEqualTo("warmlane-vllm");
        var metric = spec.getMetrics().get(0).getExternal();
        assertThat(metric.getMetric().getSelector().getMatchLabels()).containsEntry("pool", "default");
        assertThat(metric.getTarget().getAverageValue().getAmount()).isEqualTo("1");
        losesOneIn600Seconds(spec.getBehavior());

        Map<String, Map<String, List<Map<String, Object>>>> values =
                new Yaml().load(Files.readString(Path.of("config", "prometheus-adapter", "values.yaml")));
        String name = metric.getMetric().getName();
        assertThat(values.get("rules").get("external").get(0).get("seriesQuery"))
                .isEqualTo(name + "{namespace!=\"\",pool!=\"\"}");
        assertThat(Files.readString(Path.of("docs", "metrics.md"))).contains("| `" + name + "` | gauge |");
    }

    private static void losesOneIn600Seconds(HorizontalPodAutoscalerBehavior behavior) {
        var down = behavior.getScaleDown();
        assertThat(down.getStabilizationWindowSeconds()).isEqualTo(600);
        assertThat(down.getPolicies())
                .singleElement()
                .satisfies(policy -> assertThat(policy.getValue()).isEqualTo(1))
                .satisfies(policy -> assertThat(policy.getPeriodSeconds()).isEqualTo(600));
    }

    @Test
    void losesOneReplicaAtATime() {
        var budget = Chart.render("{}").the(PodDisruptionBudget.class).getSpec();
        assertThat(budget.getMaxUnavailable().getIntVal()).isEqualTo(1);
        assertThat(budget.getUnhealthyPodEvictionPolicy()).isEqualTo("AlwaysAllow");
        assertThat(budget.getSelector().getMatchLabels()).containsEntry("app.kubernetes.io/component", "gateway");
    }

    @Test
    void losesAShareOfReplicas() {
        assertThat(Chart.render("podDisruptionBudget: {maxUnavailable: 25%}")
                        .the(PodDisruptionBudget.class)
                        .getSpec()
                        .getMaxUnavailable()
                        .getStrVal())
                .isEqualTo("25%");
    }

    @Test
    void hasNoBudgetWhenTold() {
        assertThat(Chart.render("podDisruptionBudget: {enabled: false}").has(PodDisruptionBudget.class))
                .isFalse();
    }
}
