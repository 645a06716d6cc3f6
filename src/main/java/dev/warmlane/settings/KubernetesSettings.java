package dev.warmlane.settings;

import org.jspecify.annotations.Nullable;

/**
 * Where a pool's pods are found through EndpointSlices. Exactly one of service and selector is set.
 *
 * @param namespace the namespace; absent: the gateway's own
 * @param service the Service whose EndpointSlices list the pods
 * @param selector a label selector over EndpointSlices, such as app=vllm
 * @param port the name or number of the port; absent: the only one
 */
public record KubernetesSettings(
        @Nullable String namespace,
        @Nullable String service,
        @Nullable String selector,
        @Nullable String port) {

    void check(String key) {
        if ((service == null) == (selector == null)) {
            throw new InvalidSettingException(
                    key, service == null ? "neither service nor selector" : "both", "either service or selector");
        }
    }
}
