package dev.warmlane.core.affinity;

import dev.warmlane.core.endpoint.EndpointId;
import java.time.Duration;

/**
 * What is known of a binding.
 *
 * @param endpoint where the key is bound
 * @param age since it was bound there
 * @param idle since it was last used
 * @param uses how often requests followed it since
 */
public record BindingInfo(EndpointId endpoint, Duration age, Duration idle, long uses) {}
