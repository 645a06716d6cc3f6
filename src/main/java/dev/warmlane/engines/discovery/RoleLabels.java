package dev.warmlane.engines.discovery;

import dev.warmlane.core.endpoint.Role;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Map;
import java.util.Set;

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
