package dev.warmlane.engines.discovery;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What an InferencePool of the Gateway API Inference Extension says of its pods. The endpoint picker that it also names is the
 * part that the gateway takes the place of.
 *
 * @param labels that a pod of the pool has, all of them; never empty
 * @param ports on which each pod serves, in [1, 65535], one a data-parallel rank; never empty
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

    /** Reads the resource, or null if it selects nothing: without labels it would select every pod. */
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
