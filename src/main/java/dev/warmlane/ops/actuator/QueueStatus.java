package dev.warmlane.ops.actuator;

import dev.warmlane.engines.pool.Pool;

/**
 * The requests of a pool that wait in the gateway because every endpoint is full.
 *
 * @param depth how many there are
 * @param maxEntries how many there may be
 * @param maxRequestsPerEndpoint requests in flight that make an endpoint full
 * @param endedPerSecond requests of the pool that ended per second, lately
 */
public record QueueStatus(int depth, int maxEntries, int maxRequestsPerEndpoint, double endedPerSecond) {

    static QueueStatus of(Pool pool) {
        return new QueueStatus(
                pool.queue().waiting(),
                pool.queue().limits().maxEntries(),
                pool.router().inFlight().maxRequests(),
                pool.queue().endedPerSecond());
    }
}
