/**
 * The vLLM servers of a pool, as immutable values. Discovery replaces a pool's whole {@link
 * dev.warmlane.endpoint.EndpointSnapshot} atomically; a routing decision reads one snapshot once and never sees a mixture.
 */
@NullMarked
package dev.warmlane.endpoint;

import org.jspecify.annotations.NullMarked;
