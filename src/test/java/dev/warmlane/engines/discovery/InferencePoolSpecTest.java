package dev.warmlane.engines.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InferencePoolSpecTest {
    private static InferencePoolSpec read(String spec) {
        return InferencePoolSpec.of(Serialization.unmarshal("""
                apiVersion: inference.networking.k8s.io/v1
                kind: InferencePool
                metadata: {name: llama}
                spec: %s
                """.formatted(spec), GenericKubernetesResource.class));
    }

    @Test
    void readsSelectorAndPorts() {
        assertThat(read("""
                {selector: {matchLabels: {app: llama, tier: gpu}}, targetPorts: [{number: 8000}, {number: 8001}],
                 endpointPickerRef: {name: epp, port: {number: 9002}}}"""))
                .isEqualTo(new InferencePoolSpec(Map.of("app", "llama", "tier", "gpu"), List.of(8000, 8001)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "null",
                "{selector: {matchLabels: {}}, targetPorts: [{number: 8000}]}",
                "{selector: {}, targetPorts: [{number: 8000}]}",
                "{selector: {matchLabels: {app: llama}}, targetPorts: []}",
                "{selector: {matchLabels: {app: llama}}}",
                "{selector: {matchLabels: {app: llama}}, targetPorts: [{number: 0}, {number: 65536}, {number: x}, 8000]}",
                "{selector: [a], targetPorts: {number: 8000}}"
            })
    void selectsNothingWithoutLabelsAndPorts(String spec) {
        assertThat(read(spec)).isNull();
    }
}
