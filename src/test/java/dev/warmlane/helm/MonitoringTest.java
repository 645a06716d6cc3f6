package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What Prometheus and Grafana get. */
class MonitoringTest {
    @Test
    void needsNoOperatorByDefault() {
        Rendered rendered = Chart.render("{}");
        assertThat(rendered.has(ServiceMonitor.class)).isFalse();
        assertThat(rendered.has(PodMonitor.class)).isFalse();
        assertThat(rendered.has(PrometheusRule.class)).isFalse();
    }

    @Test
    void scrapesTheManagementService() {
        Rendered rendered =
                Chart.render("metrics: {serviceMonitor: true, interval: 5s, labels: {release: prometheus}}");
        ServiceMonitor monitor = rendered.the(ServiceMonitor.class);
        assertThat(monitor.getMetadata().getLabels()).containsEntry("release", "prometheus");
        assertThat(monitor.getSpec().getNamespaceSelector().getMatchNames()).containsExactly("models");
        assertThat(monitor.getSpec().getEndpoints()).singleElement().satisfies(endpoint -> {
            assertThat(endpoint.getPort()).isEqualTo("management");
            assertThat(endpoint.getPath()).isEqualTo("/actuator/prometheus");
            assertThat(endpoint.getInterval()).isEqualTo("5s");
            assertThat(endpoint.getRelabelings())
                    .as("the label endpoint stays the gateway's")
                    .singleElement()
                    .satisfies(relabeling -> {
                        assertThat(relabeling.getAction()).isEqualTo("labeldrop");
                        assertThat(relabeling.getRegex()).isEqualTo("endpoint");
                    });
        });
        assertThat(rendered.all(Service.class))
                .filteredOn(service -> service.getMetadata()
                        .getLabels()
                        .entrySet()
                        .containsAll(
                                monitor.getSpec().getSelector().getMatchLabels().entrySet()))
                .extracting(service -> service.getMetadata().getName())
                .containsExactly("warmlane-management");
    }

    @Test
    void bringsTheKeyOfTheManagementPort() {
        Rendered rendered = Chart.render("{metrics: {serviceMonitor: true}, management: {keySecret: operators}}");
        assertThat(rendered.the(ServiceMonitor.class).getSpec().getEndpoints())
                .singleElement()
                .satisfies(endpoint -> assertThat(
                                endpoint.getAuthorization().getCredentials().getName())
                        .isEqualTo("operators"));
        assertThat(rendered.the(Deployment.class)
                        .getSpec()
                        .getTemplate()
                        .getSpec()
                        .getContainers()
                        .get(0)
                        .getEnv())
                .anySatisfy(variable -> {
                    assertThat(variable.getName()).isEqualTo("WARMLANE_MANAGEMENT_KEY");
                    assertThat(variable.getValueFrom().getSecretKeyRef().getName())
                            .isEqualTo("operators");
                });
    }

    @Test
    void scrapesThePods() {
        PodMonitor monitor = Chart.render("metrics: {podMonitor: true}").the(PodMonitor.class);
        assertThat(monitor.getSpec().getSelector().getMatchLabels())
                .containsEntry("app.kubernetes.io/component", "gateway");
        assertThat(monitor.getSpec().getPodMetricsEndpoints()).singleElement().satisfies(endpoint -> {
            assertThat(endpoint.getPort()).isEqualTo("management");
            assertThat(endpoint.getPath()).isEqualTo("/actuator/prometheus");
            assertThat(endpoint.getRelabelings()).extracting("regex").containsExactly("endpoint");
        });
    }

    @Test
    void makesARuleOfEveryFileWithGroups() throws IOException {
        List<String> expected = files("config/prometheus", ".yaml").stream()
                .filter(file -> read(file).contains("\ngroups:") || read(file).startsWith("groups:"))
                .map(file -> "warmlane-" + file.getFileName().toString().replace(".yaml", ""))
                .toList();
        Rendered rendered = Chart.render("metrics: {rules: true, labels: {release: prometheus}}");
        assertThat(rendered.all(PrometheusRule.class))
                .extracting(rule -> rule.getMetadata().getName())
                .containsExactlyInAnyOrderElementsOf(expected);
        assertThat(rendered.all(PrometheusRule.class)).allSatisfy(rule -> {
            assertThat(rule.getSpec().getGroups()).isNotEmpty();
            assertThat(rule.getMetadata().getLabels()).containsEntry("release", "prometheus");
        });
    }

    @Test
    void alertsLeadToTheRunbookThatOneNames() {
        String runbook = "https://git.example/warmlane/docs/runbook.md";
        assertThat(runbooks("{metrics: {rules: true, runbook: '" + runbook + "'}}"))
                .isNotEmpty()
                .allMatch(link -> link.startsWith(runbook + "#warmlane"));
        assertThat(runbooks("{metrics: {rules: true}}"))
                .isNotEmpty()
                .allMatch(link -> link.startsWith("docs/runbook.md#warmlane"));
    }

    private static List<String> runbooks(String values) {
        return Chart.render(values).all(PrometheusRule.class).stream()
                .flatMap(rules -> rules.getSpec().getGroups().stream())
                .flatMap(group -> group.getRules().stream())
                .filter(rule -> rule.getAlert() != null)
                .map(rule -> rule.getAnnotations().get("runbook_url"))
                .toList();
    }

    @Test
    void makesAConfigMapOfEveryDashboard() throws IOException {
        List<Path> dashboards = files("config/grafana", ".json");
        List<ConfigMap> made = Chart.render("metrics: {dashboards: true}").all(ConfigMap.class).stream()
                .filter(map -> "1".equals(map.getMetadata().getLabels().get("grafana_dashboard")))
                .toList();
        assertThat(made).hasSameSizeAs(dashboards);
        for (Path dashboard : dashboards) {
            assertThat(made)
                    .anySatisfy(map -> assertThat(
                                    map.getData().get(dashboard.getFileName().toString()))
                            .isEqualToIgnoringWhitespace(read(dashboard)));
        }
    }

    private static List<Path> files(String folder, String ending) throws IOException {
        if (!Files.isDirectory(Path.of(folder))) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(Path.of(folder))) {
            return files.filter(file -> file.toString().endsWith(ending)).toList();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
