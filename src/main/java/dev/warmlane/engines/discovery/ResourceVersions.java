package dev.warmlane.engines.discovery;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What tells two states of a list of Kubernetes resources apart, without comparing their contents. */
final class ResourceVersions {
    private ResourceVersions() {}

    /** UID and version of each resource, by {@code namespace/name}. */
    static Map<String, String> of(List<? extends HasMetadata> resources) {
        return resources.stream()
                .map(HasMetadata::getMetadata)
                .collect(Collectors.toUnmodifiableMap(
                        meta -> meta.getNamespace() + "/" + meta.getName(),
                        meta -> meta.getUid() + "@" + meta.getResourceVersion()));
    }
}
