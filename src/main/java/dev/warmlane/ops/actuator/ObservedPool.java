package dev.warmlane.ops.actuator;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.EndpointHealth;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A pool that operators see.
 *
 * @param pool its endpoints; the current snapshot is read each time
 * @param inFlightRequests how many requests the gateway has in flight at an endpoint; called from any thread, must not wait
 * @param health what is believed of an endpoint, or null where nothing is; the same
 * @param queue what waits; the same
 */
public record ObservedPool(
        EndpointPool pool,
        ToLongFunction<EndpointId> inFlightRequests,
        Function<EndpointId, @Nullable EndpointHealth> health,
        Supplier<QueueStatus> queue) {}
