package dev.warmlane.proxy.prewarm;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.LeftPlaces;
import dev.warmlane.core.prefix.SharedPrompts;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pool.Prewarming;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.metrics.PoolMeter;
import dev.warmlane.proxy.prewarm.PrefixCalls.Result;
import dev.warmlane.proxy.upstream.UpstreamClient;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Fills the caches of endpoints that are new or come back empty with what sessions share, before they get requests; and has others
 * take over what endpoints hold that are about to end. What it sends is no client's: it is counted apart, and no log or quota hears
 * of it. Safe for concurrent use.
 */
public final class CacheWarmer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CacheWarmer.class);

    private final Map<String, AtomicInteger> handingOver = new ConcurrentHashMap<>();
    private final Scheduler worker = Schedulers.newSingle("warmlane-prewarm", true);

    /** Watches these pools from now on, as far as they keep what sessions share. */
    public CacheWarmer(UpstreamClient client, Pools pools, MeterRegistry registry) {
        for (Pool pool : pools.all()) {
            Prewarming prewarming = pool.prewarming();
            if (prewarming != null) {
                PoolMeter.PREWARM_BYTES.gauge(registry, prewarming.shared(), SharedPrompts::bytes, pool.name());
                PrefixCalls.Target target = new PrefixCalls.Target(
                        client, pool, prewarming, new LeftPlaces(() -> worker.now(TimeUnit.NANOSECONDS)), registry);
                pool.health().caches().onCold(server -> begin(target, server));
                pool.health().caches().onEnding(server -> ending(target, server));
            }
        }
    }

    /** Under the pool's lock. Returns whether there is anything to fill a cache with. */
    private boolean begin(PrefixCalls.Target target, EndpointId server) {
        if (target.shared().isEmpty()) {
            CacheFilling.count(target, Result.NOTHING);
            return false;
        }
        var unused = worker.schedule(() -> fill(target, server));
        return true;
    }

    private void fill(PrefixCalls.Target target, EndpointId server) {
        Pool pool = target.pool();
        try {
            // Whoever asked may not have shown yet that it is held back.
            pool.endpoints().refresh();
            CacheFilling filling = new CacheFilling(target, server);
            var unused = filling.run(worker).subscribe(none -> {}, failure -> failed(pool, server, failure));
        } catch (RuntimeException e) {
            failed(pool, server, e);
        }
    }

    private void failed(Pool pool, EndpointId server, Throwable failure) {
        log.error("pool {}: a cache could not be filled", pool.name(), failure);
        pool.health().caches().warmed(server, 0, false);
    }

    /** Under the pool's lock. */
    private void ending(PrefixCalls.Target target, EndpointId server) {
        if (!target.shared().isEmpty()) {
            var unused = worker.schedule(() -> handOver(target, server));
        }
    }

    /** Of many that end at a time, no more than there are others to take what they hold. */
    private void handOver(PrefixCalls.Target target, EndpointId server) {
        Pool pool = target.pool();
        AtomicInteger ending = handingOver.computeIfAbsent(pool.name(), first -> new AtomicInteger());
        if (ending.get() >= pool.endpoints().snapshot().selectable().size()) {
            return;
        }
        ending.incrementAndGet();
        Mono.defer(() -> new HandOver(target, server).run(worker))
                .doFinally(signal -> ending.decrementAndGet())
                .subscribe(
                        none -> {},
                        failure -> log.error("pool {}: a cache could not be handed over", pool.name(), failure));
    }

    /** Sends no more. */
    @Override
    public void close() {
        worker.dispose();
    }
}
