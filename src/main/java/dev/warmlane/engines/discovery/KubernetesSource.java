package dev.warmlane.engines.discovery;

import dev.warmlane.settings.PoolSettings.KubernetesSettings;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The EndpointSlices that list the endpoints of a pool. A Service is selected by the label that its slices carry, so Services
 * with a selector, without one and headless all work alike.
 *
 * @param namespace of the slices; null: that of the client, inside a cluster the pod's own
 * @param labelSelector in Kubernetes' selector syntax
 * @param port that vLLM listens on
 * @param scheme http or https
 */
public record KubernetesSource(@Nullable String namespace, String labelSelector, TargetPort port, String scheme) {
    /** How health details name Kubernetes as a source. */
    static final String LABEL = "kubernetes";

    private static final Pattern SERVICE_NAME = Pattern.compile("[a-z]([-a-z0-9]{0,61}[a-z0-9])?");

    /** @throws IllegalArgumentException if the selector is blank, which would select every slice, or the scheme is unknown */
    public KubernetesSource {
        if (labelSelector.isBlank()) {
            throw new IllegalArgumentException("selector: blank (expected: a label selector such as app=vllm)");
        }
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw new IllegalArgumentException("scheme: %s (expected: http or https)".formatted(scheme));
        }
    }

    /**
     * The Service or the selector of a pool's settings.
     *
     * @throws IllegalArgumentException if the Service name, the selector or the port is invalid
     */
    static KubernetesSource of(KubernetesSettings settings, String scheme) {
        TargetPort port = settings.port() == null ? TargetPort.FIRST : TargetPort.parse(settings.port());
        KubernetesSource plain = settings.service() != null
                ? ofService(settings.namespace(), settings.service(), port)
                : ofSelector(settings.namespace(), String.valueOf(settings.selector()), port);
        return new KubernetesSource(plain.namespace, plain.labelSelector, port, scheme);
    }

    /**
     * The endpoints of one Service, over plain HTTP.
     *
     * @throws IllegalArgumentException if this is not a valid Service name
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
     * The namespace of a setting, or the client's if the setting is absent.
     *
     * @throws IllegalArgumentException if both are absent, as outside a cluster
     */
    static String namespace(@Nullable String setting, KubernetesClient client) {
        String namespace = setting == null ? client.getNamespace() : setting;
        if (namespace == null) {
            throw new IllegalArgumentException("namespace: none (expected: a namespace, outside of a cluster)");
        }
        return namespace;
    }
}
