package dev.warmlane.settings;

import dev.warmlane.settings.InvalidSettingException.Check;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How Kubernetes is watched.
 *
 * @param resync Time between two full passes over the watched EndpointSlices, at least 1s.
 * @param check Time between two lists of the EndpointSlices, which reveal a watch that has gone silent.
 * @param listTimeout Timeout of a list that warmlane.discovery.check asks for.
 * @param roleLabels Labels of a Service, or of the pods of an InferencePool, that say whether its endpoints compute prompts (prefill),
 *     responses (decode) or both. The first that is there decides.
 */
public record DiscoverySettings(
        @DefaultValue("5m") Duration resync,
        @DefaultValue("30s") Duration check,
        @DefaultValue("10s") Duration listTimeout,

        @DefaultValue({"llm-d.ai/role", "warmlane.dev/role"})
        List<String> roleLabels) {

    /** The form of Kubernetes' label keys: a domain, if any, and a name. */
    private static final Pattern LABEL =
            Pattern.compile("([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?");

    public DiscoverySettings {
        if (resync.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new InvalidSettingException("warmlane.discovery.resync", resync, "at least 1s");
        }
        Check.positive("warmlane.discovery.check", check);
        Check.positive("warmlane.discovery.list-timeout", listTimeout);
        roleLabels = List.copyOf(roleLabels);
        Check.eachOnce("warmlane.discovery.role-labels", roleLabels);
        for (String label : roleLabels) {
            if (!LABEL.matcher(label).matches()) {
                throw new InvalidSettingException(
                        "warmlane.discovery.role-labels", label, "names of labels, such as llm-d.ai/role");
            }
        }
    }

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
}
