/**
 * Where the endpoints of a pool come from. {@link dev.warmlane.engines.discovery.StaticDiscovery} reads them from the settings, once.
 * {@link dev.warmlane.engines.discovery.KubernetesDiscovery} follows the EndpointSlices of one namespace: a watch brings every change
 * within milliseconds, and because a watch can fall silent without breaking, an independent list checks it and replaces it.
 * {@link dev.warmlane.engines.discovery.InferencePoolDiscovery} follows the pods that an InferencePool selects in the same way.
 * Losing the API server never empties a pool: the last known endpoints stay, and the status says that they are stale.
 */
@NullMarked
package dev.warmlane.engines.discovery;

import org.jspecify.annotations.NullMarked;
