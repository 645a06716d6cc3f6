package dev.warmlane.engines.discovery;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.engines.discovery.DiscoveredPool.DiscoveredEndpoints;
import dev.warmlane.engines.discovery.KubernetesSource.RoleLabels;
import dev.warmlane.engines.discovery.KubernetesSource.TargetPort;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditions;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the EndpointSlices of a source as one list of endpoints.
 *
 * <p>A pod is listed once, even if several slices have it (two address families, or a pod that moves between slices): with its
 * IPv4 address if it has one, and in its readiest state. Its id is the UID of the pod, or its URL if there is no pod, as for a
 * Service without selector. Absent conditions have the defaults of Kubernetes: ready, and serving as ready.
 */
final class EndpointSlices {
    private static final List<String> ADDRESS_TYPES = List.of("IPv4", "IPv6", "FQDN");
    private static final List<EndpointState> READIEST_FIRST =
            List.of(EndpointState.READY, EndpointState.DRAINING, EndpointState.UNREADY);

    private final TargetPort port;
    private final String scheme;
    private final RoleLabels roles;
    private final Map<EndpointId, Endpoint> endpoints = new HashMap<>();
    private final Set<String> warnings = new LinkedHashSet<>();

    private EndpointSlices(TargetPort port, String scheme, RoleLabels roles) {
        this.port = port;
        this.scheme = scheme;
        this.roles = roles;
    }

    /** The endpoints on this port that may receive requests, now or once they are ready. */
    static DiscoveredEndpoints read(
            Collection<EndpointSlice> slices, TargetPort port, String scheme, RoleLabels roles) {
        EndpointSlices reading = new EndpointSlices(port, scheme, roles);
        slices.stream()
                .sorted(Comparator.<EndpointSlice>comparingInt(slice -> ADDRESS_TYPES.indexOf(slice.getAddressType()))
                        .thenComparing(EndpointSlices::nameOf))
                .forEach(reading::add);
        List<Endpoint> merged = new ArrayList<>(reading.endpoints.values());
        merged.sort(Comparator.comparing(Endpoint::name)
                .thenComparing(endpoint -> endpoint.id().value()));
        return new DiscoveredEndpoints(merged, List.copyOf(reading.warnings));
    }

    private void add(EndpointSlice slice) {
        var listed = orEmpty(slice.getEndpoints());
        if (listed.isEmpty()) {
            // A Service without pods has a slice without ports; that is no mistake.
            return;
        }
        List<EndpointPort> ports = orEmpty(slice.getPorts());
        Integer number = port.in(ports);
        if (number == null) {
            warnings.add("EndpointSlice %s has no port %s (expected: %s)"
                    .formatted(nameOf(slice), port, TargetPort.describe(ports)));
            return;
        }
        Role role = roles.read(slice, warnings);
        for (var endpoint : listed) {
            EndpointState state = stateOf(endpoint.getConditions());
            List<String> addresses = orEmpty(endpoint.getAddresses());
            if (state == null || addresses.isEmpty()) {
                continue;
            }
            // All addresses of an endpoint are equivalent; Kubernetes tells consumers to use the first.
            String host = addresses.get(0);
            String refusal = AllowedHosts.refusal(host);
            if (refusal == null) {
                add(host, number, endpoint.getTargetRef(), state, role);
            } else {
                warnings.add("EndpointSlice %s lists %s, refused: %s".formatted(nameOf(slice), host, refusal));
            }
        }
    }

    private void add(String host, int number, @Nullable ObjectReference target, EndpointState state, Role role) {
        String authority = AllowedHosts.inUri(host) + ":" + number;
        URI uri = URI.create(scheme + "://" + authority);
        EndpointId id = new EndpointId(orElse(target == null ? null : target.getUid(), uri.toString()));
        String name = orElse(target == null ? null : target.getName(), authority);
        Endpoint endpoint = new Endpoint(id, name, uri, state).withRole(role);
        endpoints.merge(
                id,
                endpoint,
                (first, second) -> first.withState(readier(first, second))
                        .withRole(first.role() == Role.BOTH ? second.role() : first.role()));
    }

    /**
     * The state for these conditions; null for an endpoint that is gone. Terminating comes first: a Service with
     * publishNotReadyAddresses calls its pods ready until they end.
     */
    private static @Nullable EndpointState stateOf(@Nullable EndpointConditions conditions) {
        Boolean ready = conditions == null ? null : conditions.getReady();
        Boolean serving = conditions == null ? null : conditions.getServing();
        boolean isReady = ready == null || ready;
        boolean isServing = serving == null ? isReady : serving;
        if (conditions != null && Boolean.TRUE.equals(conditions.getTerminating())) {
            return isServing ? EndpointState.DRAINING : null;
        }
        return isReady ? EndpointState.READY : EndpointState.UNREADY;
    }

    private static EndpointState readier(Endpoint first, Endpoint second) {
        return READIEST_FIRST.indexOf(first.state()) <= READIEST_FIRST.indexOf(second.state())
                ? first.state()
                : second.state();
    }

    private static String nameOf(EndpointSlice slice) {
        return slice.getMetadata().getName();
    }

    private static String orElse(@Nullable String text, String fallback) {
        return text == null || text.isBlank() ? fallback : text;
    }

    /** The API server writes an empty list as null. */
    private static <T> List<T> orEmpty(@Nullable List<T> list) {
        return list == null ? List.of() : list;
    }
}
