package dev.warmlane.engines.discovery;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.engines.discovery.DiscoveredPool.DiscoveredEndpoints;
import dev.warmlane.engines.discovery.KubernetesSource.RoleLabels;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The pods of an InferencePool of the Gateway API Inference Extension, read as endpoints by the same rules as Kubernetes makes
 * EndpointSlices: a pod that has ended or has no address is left out, and one that terminates serves as long as it is ready. The
 * InferencePool's endpoint picker is not read: the gateway replaces it. Immutable.
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

    /**
     * The endpoints that may receive requests, now or once they are ready: one for each pod and port.
     *
     * @param pods that it selects
     * @param scheme http or https
     */
    DiscoveredEndpoints endpoints(Collection<Pod> pods, String scheme, RoleLabels roles) {
        List<Endpoint> endpoints = new ArrayList<>();
        Set<String> warnings = new LinkedHashSet<>();
        for (Pod pod : pods) {
            EndpointState state = stateOf(pod);
            String host = addressOf(pod.getStatus());
            if (state == null || host == null) {
                continue;
            }
            String refusal = AllowedHosts.refusal(host);
            if (refusal != null) {
                warnings.add(
                        "pod %s has %s, refused: %s".formatted(pod.getMetadata().getName(), host, refusal));
                continue;
            }
            Role role = roles.read(pod, warnings);
            for (int port : ports) {
                URI uri = URI.create(scheme + "://" + AllowedHosts.inUri(host) + ":" + port);
                endpoints.add(endpoint(pod, uri, ports.size() == 1, state).withRole(role));
            }
        }
        endpoints.sort(Comparator.comparing(Endpoint::name));
        return new DiscoveredEndpoints(endpoints, List.copyOf(warnings));
    }

    /** Several ports are several engines, each with its own cache, so each is an endpoint. */
    private static Endpoint endpoint(Pod pod, URI uri, boolean only, EndpointState state) {
        String suffix = only ? "" : ":" + uri.getPort();
        return new Endpoint(
                new EndpointId(pod.getMetadata().getUid() + suffix),
                pod.getMetadata().getName() + suffix,
                uri,
                state);
    }

    private static @Nullable EndpointState stateOf(Pod pod) {
        PodStatus status = pod.getStatus();
        if (status == null || "Failed".equals(status.getPhase()) || "Succeeded".equals(status.getPhase())) {
            return null;
        }
        boolean ready = status.getConditions().stream()
                .anyMatch(condition -> "Ready".equals(condition.getType()) && "True".equals(condition.getStatus()));
        if (pod.getMetadata().getDeletionTimestamp() != null) {
            return ready ? EndpointState.DRAINING : null;
        }
        return ready ? EndpointState.READY : EndpointState.UNREADY;
    }

    /** The IPv4 address if there is one, as with EndpointSlices of both families. */
    private static @Nullable String addressOf(@Nullable PodStatus status) {
        if (status == null) {
            return null;
        }
        return Stream.concat(status.getPodIPs().stream().map(PodIP::getIp), Stream.ofNullable(status.getPodIP()))
                .filter(address -> address != null && !address.isBlank())
                .min(Comparator.comparing(address -> address.contains(":")))
                .orElse(null);
    }
}
