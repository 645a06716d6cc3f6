package dev.warmlane.settings;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a pool's pods are found. Exactly one of service, selector and inferencePool is set.
 *
 * @param namespace the namespace; absent: the gateway's own
 * @param service the Service whose EndpointSlices list the pods
 * @param selector a label selector over EndpointSlices, such as app=vllm
 * @param inferencePool the InferencePool (inference.networking.k8s.io/v1) whose selector and targetPorts say which pods
 * @param port the name or number of the port; absent: the only one, or the InferencePool's
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
