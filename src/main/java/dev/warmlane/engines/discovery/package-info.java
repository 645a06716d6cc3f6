/**
 * Where the endpoints of a pool come from. {@link dev.warmlane.engines.discovery.DiscoveryFactory} makes the {@link
 * dev.warmlane.engines.discovery.Discovery} that the settings of a pool ask for: static URLs, the EndpointSlices of a Service or
 * selector, or the pods of an InferencePool. On Kubernetes a watch brings every change within milliseconds; because a watch can
 * fall silent without breaking, an independent list checks it and replaces it. Losing the API server never empties a pool: the
 * last known endpoints stay, and the status says that they are stale.
 */
@NullMarked
package dev.warmlane.engines.discovery;

import org.jspecify.annotations.NullMarked;
