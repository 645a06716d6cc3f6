package dev.warmlane.actuator;

import dev.warmlane.endpoint.EndpointId;
import dev.warmlane.endpoint.EndpointPool;
import java.util.function.ToLongFunction;

/**
 * A pool that operators see.
 *
 * @param pool its endpoints; the current snapshot is read each time
 * @param inFlightRequests how many requests the gateway has in flight at an endpoint; called from any thread, must not wait
 */
public record ObservedPool(EndpointPool pool, ToLongFunction<EndpointId> inFlightRequests) {}
