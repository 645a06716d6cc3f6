package dev.warmlane.engines.discovery;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The pods of an InferencePool of the Gateway API Inference Extension. Its endpoint picker is not read: the gateway replaces it.
 *
 * @param labels that all its pods have; not empty
 * @param ports that each pod serves on, in [1, 65535], one for each data-parallel rank; not empty
 */
record InferencePoolSpec(Map<String, String> labels, List<Integer> ports) {
    static final ResourceDefinitionContext RESOURCE = new ResourceDefinitionContext.Builder()
            .withGroup("inference.networking.k8s.io")
            .withVersion("v1")
            .withKind("InferencePool")
            .withPlural("inferencepools")
            .withNamespaced(true)
            .build();

    private static final int HIGHEST_PORT = 65535;

    InferencePoolSpec {
        labels = Map.copyOf(labels);
        ports = List.copyOf(ports);
    }

    /** Reads the resource; null if it has no labels, which would select every pod, or no ports. */
    static @Nullable InferencePoolSpec of(GenericKubernetesResource resource) {
        Map<String, String> labels = new TreeMap<>();
        if (resource.get("spec", "selector", "matchLabels") instanceof Map<?, ?> selector) {
            selector.forEach((key, value) -> labels.put(String.valueOf(key), String.valueOf(value)));
        }
        List<Integer> ports = resource.get("spec", "targetPorts") instanceof List<?> targets
                ? targets.stream()
                        .map(InferencePoolSpec::number)
                        .filter(Objects::nonNull)
                        .distinct()
                        .toList()
                : List.of();
        return labels.isEmpty() || ports.isEmpty() ? null : new InferencePoolSpec(labels, ports);
    }

    private static @Nullable Integer number(Object target) {
        return target instanceof Map<?, ?> fields
                        && fields.get("number") instanceof Number number
                        && number.intValue() >= 1
                        && number.intValue() <= HIGHEST_PORT
                ? number.intValue()
                : null;
    }
}
