package dev.warmlane.engines.discovery;

import dev.warmlane.settings.KubernetesSettings;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which EndpointSlices make up a pool. A Service is the label selector that its slices carry, so Services with and without a
 * selector, headless ones, and any selector of the user's own all work alike.
 *
 * @param namespace where the slices are, or null for the namespace of the client: the pod's own inside a cluster
 * @param labelSelector which slices of the namespace, in Kubernetes' selector syntax
 * @param port where vLLM listens
 * @param scheme http or https
 */
public record KubernetesSource(@Nullable String namespace, String labelSelector, TargetPort port, String scheme) {
    /** How health details name Kubernetes as a source. */
    static final String LABEL = "kubernetes";

    private static final Pattern SERVICE_NAME = Pattern.compile("[a-z]([-a-z0-9]{0,61}[a-z0-9])?");

    /** @throws IllegalArgumentException if the selector is blank, which would mean every slice, or the scheme is unknown */
    public KubernetesSource {
        if (labelSelector.isBlank()) {
            throw new IllegalArgumentException("selector: blank (expected: a label selector such as app=vllm)");
        }
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw new IllegalArgumentException("scheme: %s (expected: http or https)".formatted(scheme));
        }
    }

    /**
     * What the settings of a pool name: a Service, or a selector of EndpointSlices.
     *
     * @throws IllegalArgumentException if the name is none that a Service can have, or the port is none
     */
    static KubernetesSource of(KubernetesSettings settings, String scheme) {
        TargetPort port = settings.port() == null ? TargetPort.FIRST : TargetPort.parse(settings.port());
        KubernetesSource source = settings.service() != null
                ? ofService(settings.namespace(), settings.service(), port)
                : ofSelector(settings.namespace(), String.valueOf(settings.selector()), port);
        return new KubernetesSource(source.namespace, source.labelSelector, port, scheme);
    }

    /**
     * The endpoints of one Service, over plain HTTP.
     *
     * @throws IllegalArgumentException if this is no name that a Service can have
     */
    public static KubernetesSource ofService(@Nullable String namespace, String service, TargetPort port) {
        if (!SERVICE_NAME.matcher(service).matches()) {
            throw new IllegalArgumentException("service: %s (expected: the name of a Service)".formatted(service));
        }
        return new KubernetesSource(namespace, "kubernetes.io/service-name=" + service, port, "http");
    }

    /** The endpoints of all slices that a label selector matches, over plain HTTP. */
    public static KubernetesSource ofSelector(@Nullable String namespace, String labelSelector, TargetPort port) {
        return new KubernetesSource(namespace, labelSelector, port, "http");
    }

    /**
     * The namespace meant by a setting that may be absent.
     *
     * @throws IllegalArgumentException if the client has none either, outside of a cluster
     */
    static String namespace(@Nullable String setting, KubernetesClient client) {
        String namespace = setting == null ? client.getNamespace() : setting;
        if (namespace == null) {
            throw new IllegalArgumentException("namespace: none (expected: a namespace, outside of a cluster)");
        }
        return namespace;
    }
}
