/**
 * The gateway's end. A signal begins a {@link dev.warmlane.proxy.drain.Drain}: readiness goes down at once, new requests are taken
 * for a while because load balancers learn late, then the port closes, running requests finish, and what outlasts the timeout is
 * ended with an error that says why. The management port knows nothing of it and serves until the process ends.
 */
@NullMarked
package dev.warmlane.proxy.drain;

import org.jspecify.annotations.NullMarked;
