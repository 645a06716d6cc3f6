package dev.warmlane.engines.probe;

import dev.warmlane.core.endpoint.EndpointPool;
import org.jspecify.annotations.Nullable;

/**
 * A pool whose endpoints are scraped.
 *
 * @param pool the pool; its current snapshot is read on every round
 * @param apiKey sent to {@code /v1/models} of its endpoints, never to {@code /metrics} or {@code /version}, which need none
 */
public record ScrapedPool(EndpointPool pool, @Nullable String apiKey) {
    /** Names the pool and keeps the key to itself. */
    @Override
    public String toString() {
        return "ScrapedPool[" + pool.name() + "]";
    }
}
