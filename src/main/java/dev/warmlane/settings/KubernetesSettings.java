package dev.warmlane.settings;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a pool's pods are found. Exactly one of service, selector and inferencePool is set.
 *
 * @param namespace Namespace of the pods. Absent: the gateway's own.
 * @param service Service whose EndpointSlices list the pods. Exactly one of service, selector and inference-pool is set.
 * @param selector Label selector over EndpointSlices, such as app=vllm.
 * @param inferencePool InferencePool (inference.networking.k8s.io/v1) whose selector and target ports determine the pods.
 * @param port Name or number of the port. Absent: the only port; an InferencePool names its own.
 */
public record KubernetesSettings(
        @Nullable String namespace,
        @Nullable String service,
        @Nullable String selector,
        @Nullable String inferencePool,
        @Nullable String port) {

    void check(String key) {
        List<String> sources = new ArrayList<>();
        if (service != null) {
            sources.add("service");
        }
        if (selector != null) {
            sources.add("selector");
        }
        if (inferencePool != null) {
            sources.add("inference-pool");
        }
        if (sources.size() != 1) {
            throw new InvalidSettingException(
                    key,
                    sources.isEmpty() ? "no source" : String.join(" and ", sources),
                    "one of service, selector and inference-pool");
        }
        if (inferencePool != null && port != null) {
            throw new InvalidSettingException(
                    key + ".port", port, "no setting, because an InferencePool names its targetPorts");
        }
    }
}
