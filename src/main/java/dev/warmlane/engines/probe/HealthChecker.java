package dev.warmlane.engines.probe;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.health.EndpointHealth;
import dev.warmlane.core.health.HealthListener;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.resources.LoopResources;

/**
 * Checks every endpoint that discovery calls ready about once an interval, and at once when requests have ejected it, and lets
 * time pass for the health of the pools.
 * One thread of its own does everything. An endpoint has at most one check in flight in each pool that lists it, and all
 * together at most {@link CheckTiming#maxConcurrent}; those that are due the longest go first.
 */
public final class HealthChecker implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(HealthChecker.class);
    private static final double JITTER = 0.1;

    private final CheckTiming timing;
    private final Pools pools;
    private final LongSupplier nanoClock;
    private final RandomGenerator random;
    private final LoopResources loops = LoopResources.create("warmlane-health", 1, true);
    private final Scheduler loop;
    private final CheckClient client;
    private final Map<Place, CheckedEndpoint> members = new HashMap<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private int inFlight;

    /** An endpoint in a pool. */
    private record Place(String pool, EndpointId id) {}

    /**
     * A checker at rest.
     *
     * @param nanoClock elapsed time in nanoseconds, as of {@link System#nanoTime}
     * @param random spreads the checks; used by one thread
     */
    public HealthChecker(CheckTiming timing, Pools pools, LongSupplier nanoClock, RandomGenerator random) {
        this.timing = timing;
        this.pools = pools;
        this.nanoClock = nanoClock;
        this.random = random;
        this.loop = Schedulers.fromExecutorService(
                loops.onClient(LoopResources.DEFAULT_NATIVE).next());
        this.client = new CheckClient(timing, loops, loop);
    }

    /** Begins to check. To be called once. */
    public void start() {
        pools.all()
                .forEach(pool -> pool.health().addListener(new HealthListener() {
                    @Override
                    public void changed(Endpoint endpoint, EndpointHealth before, EndpointHealth now) {
                        if (now instanceof EndpointHealth.Ejected ejected && !ejected.checkFailed()) {
                            checkSoon(new Place(pool.name(), endpoint.id()));
                        }
                    }
                }));
        long period = timing.round().toMillis();
        loop.schedulePeriodically(this::round, 0, period, TimeUnit.MILLISECONDS);
    }

    /** Stops checking and frees thread and connections, shortly after it returns. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            loop.schedule(() -> {
                retain(Set.of());
                client.close();
                loops.disposeLater(Duration.ZERO, Duration.ofSeconds(1)).subscribe();
            });
        }
    }

    private void round() {
        if (closed.get()) {
            return;
        }
        try {
            pools.all().forEach(pool -> pool.health().tick());
            if (timing.enabled()) {
                follow();
                startDue();
            }
        } catch (RuntimeException e) {
            log.warn("a round of health checks failed", e);
        }
    }

    private void follow() {
        Set<Place> listed = new HashSet<>();
        for (Pool pool : pools.all()) {
            for (Endpoint endpoint : pool.endpoints().snapshot().endpoints()) {
                if (endpoint.state().isDiscoveredReady()) {
                    Place place = new Place(pool.name(), endpoint.id());
                    listed.add(place);
                    members.computeIfAbsent(place, added -> new CheckedEndpoint(pool, endpoint, firstDue()))
                            .moveTo(endpoint);
                }
            }
        }
        retain(listed);
    }

    private void retain(Set<Place> listed) {
        members.entrySet().removeIf(member -> {
            boolean gone = !listed.contains(member.getKey());
            if (gone) {
                member.getValue().stop();
            }
            return gone;
        });
    }

    private void startDue() {
        long now = nanoClock.getAsLong();
        members.values().stream()
                .filter(member -> member.isDue(now))
                .sorted(Comparator.comparingLong(member -> member.dueNanos() - now))
                .limit(Math.max(0, timing.maxConcurrent() - inFlight))
                .toList()
                .forEach(member -> start(member, now));
    }

    /** Requests have ejected it: its sessions wait for it if its server is still there, and move if it is not. */
    private void checkSoon(Place place) {
        try {
            loop.schedule(() -> checkNow(place));
        } catch (RejectedExecutionException e) {
            // Closed meanwhile.
        }
    }

    private void checkNow(Place place) {
        if (!timing.enabled() || closed.get()) {
            return;
        }
        follow();
        CheckedEndpoint member = members.get(place);
        if (member != null) {
            member.hurry(nanoClock.getAsLong());
            startDue();
        }
    }

    private void start(CheckedEndpoint member, long now) {
        inFlight++;
        member.begin(client, now + jittered(1 - JITTER, 1 + JITTER), () -> inFlight--);
    }

    /** Spread over an interval, so that the endpoints of a gateway that has just started do not take turns together. */
    private long firstDue() {
        return nanoClock.getAsLong() + jittered(0, 1);
    }

    private long jittered(double least, double most) {
        return (long) (timing.interval().toNanos() * (least + (most - least) * random.nextDouble()));
    }
}
