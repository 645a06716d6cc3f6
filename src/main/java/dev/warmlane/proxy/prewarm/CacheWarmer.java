package dev.warmlane.proxy.prewarm;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.warming.SharedPrompts;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.metrics.PoolMeter;
import dev.warmlane.proxy.upstream.UpstreamClient;
import dev.warmlane.settings.PrewarmSettings;
import io.micrometer.core.instrument.MeterRegistry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Fills the caches of endpoints that are new, or come back with nothing, by what sessions share, before they get requests. What it
 * sends is no client's: it is counted apart, and no policy, log or quota hears of it. Safe for concurrent use.
 */
public final class CacheWarmer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CacheWarmer.class);

    private final UpstreamClient client;
    private final PrewarmSettings settings;
    private final MeterRegistry registry;
    private final Scheduler worker = Schedulers.newSingle("warmlane-prewarm", true);

    /** Watches these pools from now on, as far as they keep what sessions share. */
    public CacheWarmer(UpstreamClient client, Pools pools, PrewarmSettings settings, MeterRegistry registry) {
        this.client = client;
        this.settings = settings;
        this.registry = registry;
        for (Pool pool : pools.all()) {
            SharedPrompts shared = pool.sharedPrompts();
            if (shared != null) {
                PoolMeter.PREWARM_BYTES.gauge(registry, shared, SharedPrompts::bytes, pool.name());
                pool.health().onCold(server -> begin(pool, shared, server));
            }
        }
    }

    /** Under the pool's lock. Returns whether there is anything to fill a cache with. */
    private boolean begin(Pool pool, SharedPrompts shared, EndpointId server) {
        if (shared.isEmpty()) {
            CacheFilling.Result.NOTHING.count(registry, pool);
            return false;
        }
        var unused = worker.schedule(() -> fill(pool, shared, server));
        return true;
    }

    private void fill(Pool pool, SharedPrompts shared, EndpointId server) {
        try {
            // Whoever asked may not have shown yet that it is held back.
            pool.endpoints().refresh();
            CacheFilling filling = new CacheFilling(client, pool, shared, server, settings, priority(), registry);
            var unused = filling.run(worker).subscribe(none -> {}, failure -> failed(pool, server, failure));
        } catch (RuntimeException e) {
            failed(pool, server, e);
        }
    }

    private void failed(Pool pool, EndpointId server, Throwable failure) {
        log.error("pool {}: a cache could not be filled", pool.name(), failure);
        pool.health().warmed(server, 0, false);
    }

    private byte @Nullable [] priority() {
        Integer priority = settings.priority();
        return priority == null ? null : (",\"priority\":" + priority + "}").getBytes(US_ASCII);
    }

    /** Fills no more caches. */
    @Override
    public void close() {
        worker.dispose();
    }
}
