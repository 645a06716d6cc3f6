/**
 * The choice of an endpoint: a request and a snapshot go in, a decision comes out. Policies are pure until a decision is
 * dispatched; leases count what is in flight, exactly, and are the only load signal.
 */
@NullMarked
package dev.warmlane.core.routing;

import org.jspecify.annotations.NullMarked;
