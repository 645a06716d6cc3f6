package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.openshift.api.model.Route;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Values that are right and that YAML or Go would take for something else. */
class OddValuesTest {
    @Test
    void namesOfDigitsStayTexts() {
        Rendered rendered = Chart.render("""
                priorityClassName: "3"
                management: {keySecret: "4"}
                image: {pullSecrets: ["5"]}
                cluster: {existingSecret: "6"}
                serviceAccount: {name: "7"}
                nameOverride: "8"
                fullnameOverride: warmlane
                networkPolicy: {monitoringNamespaces: ["9"]}
                ingress: {enabled: true, className: "10", hosts: ["*.example.org"], paths: ["/v1 #a: b"]}
                gateway: {enabled: true, className: "11"}
                route: {enabled: true, host: "*.example.org"}
                metrics: {serviceMonitor: true}
                config: {pools: [{name: "12", kubernetes: {service: "13", port: 8000}}]}
                vllm: {enabled: true, version: 0.11.0, model: "14", huggingFaceSecret: "15", modelCacheClaim: "16",
                  runtimeClassName: "17", sharedMemory: "18", scaling: {by: hpa, pool: "12"}}
                """);
        assertThat(rendered.the(Deployment.class)
                        .getSpec()
                        .getTemplate()
                        .getSpec()
                        .getPriorityClassName())
                .isEqualTo("3");
    }

    @Test
    void optionsOfTheJvmMayHaveAnySigns() {
        assertThat(Chart.render("jvm: {options: '-Xlog:gc: -Da=\"b #c\"'}")
                        .gateway()
                        .getEnv())
                .extracting("value")
                .contains("-XX:ActiveProcessorCount=2 -Xlog:gc: -Da=\"b #c\"");
    }

    /** Go writes 1e+06 for a million, which no field of whole numbers takes. */
    @Test
    void largeNumbersStayWhole() {
        Rendered rendered = Chart.render("""
                securityContext: {runAsUser: 1000700000}
                httpRoute: {enabled: true, parentRefs: [{name: public}], weight: 1000000}
                probes: {startupAttempts: 1000000}
                podDisruptionBudget: {maxUnavailable: 1000000}
                vllm: {enabled: true, version: 0.33.0, model: m, preStopSeconds: 1000000, shutdownSeconds: 2000000}
                """);
        PodSecurityContext pod =
                rendered.the(Deployment.class).getSpec().getTemplate().getSpec().getSecurityContext();
        assertThat(pod.getRunAsUser()).isEqualTo(1_000_700_000L);
        assertThat(rendered.the(HTTPRoute.class).getSpec().getRules().get(0).getBackendRefs())
                .extracting("weight")
                .containsExactly(1_000_000);
        assertThat(rendered.engine().getArgs()).contains("--shutdown-timeout=2000000");
        assertThat(rendered.engine().getLifecycle().getPreStop().getExec().getCommand())
                .containsExactly("sleep", "1000000");
    }

    /** The models refuse a key that is there twice, as the API server does. */
    @Test
    void aLabelIsThereOnce() {
        Rendered rendered = Chart.renderWithHooks("""
                commonLabels: {team: all, release: all, grafana_dashboard: "0", warmlane.dev/role: both,
                  warmlane.dev/management-client: "false"}
                podLabels: {team: pods}
                metrics: {serviceMonitor: true, rules: true, dashboards: true, labels: {release: prometheus}}
                tekton: {enabled: true}
                vllm: {enabled: true, version: 0.33.0, model: m, roles: {enabled: true}}
                """);
        Deployment gateway = rendered.the(Deployment.class);
        assertThat(gateway.getMetadata().getLabels()).containsEntry("team", "all");
        assertThat(gateway.getSpec().getTemplate().getMetadata().getLabels()).containsEntry("team", "pods");
        assertThat(rendered.the(ServiceMonitor.class).getMetadata().getLabels()).containsEntry("release", "prometheus");
        assertThat(rendered.named(ConfigMap.class, "warmlane-warmlane-cache")
                        .getMetadata()
                        .getLabels())
                .containsEntry("grafana_dashboard", "1");
        assertThat(rendered.named(Deployment.class, "warmlane-vllm-prefill")
                        .getMetadata()
                        .getLabels())
                .containsEntry("warmlane.dev/role", "prefill");
        assertThat(rendered.named(Pod.class, "warmlane-validate").getMetadata().getLabels())
                .containsEntry("warmlane.dev/management-client", "true");
    }

    @Test
    void anAnnotationIsThereOnce() {
        Rendered rendered = Chart.render("""
                podAnnotations: {checksum/config: mine}
                route:
                  enabled: true
                  annotations: {haproxy.router.openshift.io/timeout: 1h, haproxy.router.openshift.io/balance: source}
                """);
        assertThat(rendered.the(Deployment.class)
                        .getSpec()
                        .getTemplate()
                        .getMetadata()
                        .getAnnotations()
                        .get("checksum/config"))
                .hasSize(64);
        assertThat(rendered.the(Route.class).getMetadata().getAnnotations())
                .containsEntry("haproxy.router.openshift.io/timeout", "1h")
                .containsEntry("haproxy.router.openshift.io/balance", "source")
                .containsEntry("haproxy.router.openshift.io/disable_cookies", "true");
    }

    /** A Service's name begins with a letter, has no dots and ends with neither; Helm takes more for the name of a release. */
    @Test
    void namesOfServicesSuitKubernetes() {
        assertThat(Chart.renderRelease("a-chart-whose-name-is-cut-in-the-middle--of-dashes")
                        .all(Service.class))
                .extracting(service -> service.getMetadata().getName())
                .contains("a-chart-whose-name-is-cut-in-the-middle");
        assertThat(Chart.refusal("7b-models", "")).contains("release name: 7b-models (expected: ", "fullnameOverride");
        assertThat(Chart.refusal("warmlane.v2", "")).contains("release name: warmlane.v2 (expected: ");
    }

    /** As in a values file whose lines below a key are all comments. */
    @Test
    void nothingBelowAKeyIsItsDefaultWhereThatIsEmpty() throws IOException {
        StringBuilder values = new StringBuilder("replicas: 1\n");
        defaults().forEach((key, value) -> {
            if (isEmpty(value)) {
                values.append(key).append(":\n");
            }
        });
        assertThat(values).contains("config:", "extraEnv:");
        assertThat(Chart.render(values.toString()).text())
                .isEqualTo(Chart.render("replicas: 1").text());
        assertThat(Chart.notes(values.toString())).contains("is in front of");
    }

    @Test
    void nothingBelowAKeyIsRefusedWhereItsDefaultIsNeeded() throws IOException {
        JsonNode schema = new ObjectMapper().readTree(Files.readString(Chart.DIRECTORY.resolve("values.schema.json")));
        assertThat(differences("", schema, defaults())).isEmpty();
    }

    private static List<String> differences(String path, JsonNode schema, Map<String, Object> values) {
        TreeSet<String> needed = new TreeSet<>();
        List<String> differences = new ArrayList<>();
        values.forEach((key, value) -> {
            JsonNode property = schema.get("properties").get(key);
            if (value instanceof Map<?, ?> && property.has("properties")) {
                differences.addAll(differences(path + "/" + key, property, section(value)));
                needed.add(key);
            } else if (!(value instanceof Map<?, ?>) && !isEmpty(value)) {
                needed.add(key);
            }
        });
        TreeSet<String> required = new TreeSet<>();
        StreamSupport.stream(schema.path("required").spliterator(), false)
                .map(JsonNode::asText)
                .forEach(required::add);
        if (!required.equals(needed)) {
            differences.add(path + ": required " + required + ", needed " + needed);
        }
        return differences;
    }

    private static Map<String, Object> defaults() throws IOException {
        return section(new Yaml().load(Files.readString(Chart.DIRECTORY.resolve("values.yaml"))));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> section(Object value) {
        return (Map<String, Object>) value;
    }

    private static boolean isEmpty(Object value) {
        return value.equals("") || value.equals(List.of()) || value.equals(Map.of());
    }
}
