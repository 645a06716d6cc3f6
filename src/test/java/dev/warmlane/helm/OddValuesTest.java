package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

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
                """);
        PodSecurityContext pod =
                rendered.the(Deployment.class).getSpec().getTemplate().getSpec().getSecurityContext();
        assertThat(pod.getRunAsUser()).isEqualTo(1_000_700_000L);
        assertThat(rendered.the(HTTPRoute.class).getSpec().getRules().get(0).getBackendRefs())
                .extracting("weight")
                .containsExactly(1_000_000);
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
