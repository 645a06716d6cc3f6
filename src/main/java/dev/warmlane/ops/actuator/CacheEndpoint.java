package dev.warmlane.ops.actuator;

import dev.warmlane.engines.pool.CacheWatch;
import dev.warmlane.engines.pool.CacheWatch.Seen;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.ops.actuator.CacheStatus.CacheStatuses;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;

/**
 * {@code GET /actuator/cache}: what other sizes of caches would bring, and where hits are lost, of all pools;
 * {@code GET /actuator/cache/{pool}}: of one, or 404. Safe from any thread.
 */
@Endpoint(id = "cache")
public final class CacheEndpoint {
    private final Pools pools;
    private final CacheWatch watch;

    public CacheEndpoint(Pools pools, CacheWatch watch) {
        this.pools = pools;
        this.watch = watch;
    }

    /** Every pool. */
    @ReadOperation
    public CacheStatuses all() {
        return new CacheStatuses(
                pools.all().stream().map(this::status).filter(Objects::nonNull).toList());
    }

    /** One pool; null, which becomes 404, if there is none. */
    @ReadOperation
    public @Nullable CacheStatus find(@Selector String pool) {
        Pool found = pools.find(pool);
        return found == null ? null : status(found);
    }

    private @Nullable CacheStatus status(Pool pool) {
        Seen seen = watch.seen(pool.name());
        return seen == null ? null : CacheStatus.of(pool, seen);
    }
}
