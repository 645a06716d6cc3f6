/**
 * The vLLM servers of a pool, as immutable values. Discovery replaces a pool's endpoints, their health is laid over them, and
 * both come out as one {@link dev.warmlane.core.endpoint.EndpointSnapshot} that is replaced atomically; a routing decision reads
 * one snapshot once and never sees a mixture.
 */
@NullMarked
package dev.warmlane.core.endpoint;

import org.jspecify.annotations.NullMarked;
