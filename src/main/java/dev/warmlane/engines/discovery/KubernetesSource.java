package dev.warmlane.engines.discovery;

import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.settings.DiscoverySettings.KubernetesSettings;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
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

    private static final Pattern NAMESPACE = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

    /** Kubernetes' grammar, without the rules for each word. */
    private static final Pattern SELECTOR = selector("[\\w./-]+", "[\\w.-]*");

    /**
     * @throws IllegalArgumentException if the selector is blank, which would select every slice, or is none, or the scheme is unknown
     */
    public KubernetesSource {
        if (labelSelector.isBlank()) {
            throw new IllegalArgumentException("selector: blank (expected: a label selector such as app=vllm)");
        }
        if (!SELECTOR.matcher(labelSelector).matches()) {
            throw new IllegalArgumentException(
                    "selector: %s (expected: a label selector such as app=vllm)".formatted(labelSelector));
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
     * @throws IllegalArgumentException if both are absent, as outside a cluster, or it is no name
     */
    static String namespace(@Nullable String setting, KubernetesClient client) {
        String namespace = setting == null ? client.getNamespace() : setting;
        if (namespace == null) {
            throw new IllegalArgumentException(
                    "kubernetes.namespace: not set (expected: the namespace of the pods; outside a cluster it has no default)");
        }
        if (!NAMESPACE.matcher(namespace).matches()) {
            throw new IllegalArgumentException(
                    "namespace: %s (expected: the name of a namespace)".formatted(namespace));
        }
        return namespace;
    }

    private static Pattern selector(String key, String value) {
        String values = "\\(\\s*" + value + "\\s*(,\\s*" + value + "\\s*)*\\)";
        String term = "\\s*(!?\\s*" + key + "|" + key + "\\s*(=|==|!=)\\s*" + value + "|" + key + "\\s+(in|notin)\\s*"
                + values + ")\\s*";
        return Pattern.compile(term + "(," + term + ")*");
    }

    /** Reads the role of endpoints from the labels of what lists them: of a pod, or of a Service, which its EndpointSlices carry too. */
    record RoleLabels(List<String> names) {

        /**
         * What the first of the labels says that is there; without any, whole requests.
         *
         * @param warnings gets a sentence if it says what is no role: then the endpoint computes whole requests too, as any vLLM can
         */
        Role read(HasMetadata listing, Set<String> warnings) {
            Map<String, String> labels = listing.getMetadata().getLabels();
            for (String name : labels == null ? List.<String>of() : names) {
                String value = labels.get(name);
                if (value == null) {
                    continue;
                }
                Role role = Role.of(value);
                if (role != null) {
                    return role;
                }
                warnings.add("%s %s has %s=%s (expected: both, prefill or decode)"
                        .formatted(listing.getKind(), listing.getMetadata().getName(), name, value));
            }
            return Role.BOTH;
        }
    }

    /**
     * The port that vLLM listens on, as on the pods: EndpointSlices do not have the port numbers of the Service. At most one of name
     * and number is set; with neither, it is the first TCP port of the slice.
     *
     * @param name of the port in the Service, or null
     * @param number of the port on the pod, in [1, 65535], or null
     */
    public record TargetPort(
            @Nullable String name, @Nullable Integer number) {
        /** The only port, or the first of several. */
        public static final TargetPort FIRST = new TargetPort(null, null);

        private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
        private static final int HIGHEST = 65535;

        /** @throws IllegalArgumentException if both are set or one is invalid */
        public TargetPort {
            if (name != null && (number != null || !NAME.matcher(name).matches())) {
                throw new IllegalArgumentException("port: %s (expected: a port's name or its number)".formatted(name));
            }
            if (number != null && (number < 1 || number > HIGHEST)) {
                throw new IllegalArgumentException("port: %d (expected: 1 to %d)".formatted(number, HIGHEST));
            }
        }

        /**
         * Reads a setting: digits are a number, other text is a name, blank is the first port.
         *
         * @throws IllegalArgumentException if it is neither a number in [1, 65535] nor a port name
         */
        public static TargetPort parse(String text) {
            if (text.isBlank()) {
                return FIRST;
            }
            if (!text.chars().allMatch(c -> c >= '0' && c <= '9')) {
                return new TargetPort(text, null);
            }
            // More digits than any port has would overflow an int.
            return new TargetPort(null, text.length() > 9 ? Integer.MAX_VALUE : Integer.parseInt(text));
        }

        /**
         * The port number for the endpoints of a slice; null if the slice does not have this port. A slice without ports, or with a
         * port without number, exposes all ports, so a numbered one is there.
         */
        @Nullable
        Integer in(List<EndpointPort> ports) {
            if (number != null) {
                boolean exposed = ports.isEmpty()
                        || ports.stream().anyMatch(port -> port.getPort() == null || number.equals(port.getPort()));
                return exposed ? number : null;
            }
            return ports.stream()
                    .filter(port ->
                            port.getProtocol() == null || port.getProtocol().equals("TCP"))
                    .filter(port -> name == null || name.equals(port.getName()))
                    .map(EndpointPort::getPort)
                    .filter(Objects::nonNull)
                    .findFirst()
                    .orElse(null);
        }

        /** The ports of a slice in words, for messages. */
        static String describe(List<EndpointPort> ports) {
            return ports.isEmpty()
                    ? "a slice with ports"
                    : ports.stream()
                            .map(port -> String.format(
                                    Locale.ROOT,
                                    "%s %s",
                                    port.getName() == null || port.getName().isEmpty() ? "(no name)" : port.getName(),
                                    port.getPort()))
                            .collect(Collectors.joining(", "));
        }

        @Override
        public String toString() {
            return name != null ? name : number != null ? number.toString() : "first";
        }
    }
}
