package dev.warmlane.engines.probe;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.health.EndpointHealth;
import dev.warmlane.core.health.HealthListener;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.engines.client.EngineFailure;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.probe.ProbeClient.ResponseReader;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;

/**
 * Checks every server that discovery calls ready about once an interval, in each pool that lists it, and lets time pass for
 * the health of the pools. One that has nothing to do and fails nothing is checked less often.
 *
 * <p>An endpoint that requests have ejected is checked at once: its sessions wait for it if its server is still there, and move
 * if nobody listens. While the check only breaks off it tells neither, as where a listener is just closing, so it is repeated
 * soon, up to {@value #LOOKS} times.
 *
 * <p>A check that is late makes its endpoint a suspect, unless something else has come from it meanwhile. What is late here for
 * want of CPU says nothing of endpoints: while this thread itself runs late, late checks count for nothing.
 */
public final class HealthChecker implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(HealthChecker.class);
    private static final int LOOKS = 5;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);

    private static final Duration LOOK_AGAIN = Duration.ofMillis(250);

    /** How late this thread may be before it is no judge of what is late. */
    private static final Duration STALL = Duration.ofMillis(150);

    private final boolean enabled;
    private final ProbeTiming timing;
    private final Duration suspectAfter;
    private final long stallNanos;
    private final LongSupplier nanoClock;
    private final Pools pools;
    private final ProbeClient client;
    private final Predicate<EndpointId> atRest;
    private final Poller<Place, Target> poller;
    private final Set<Place> failing = new HashSet<>();
    private List<EndpointSnapshot> snapshots = List.of();
    private Map<Place, Target> listed = Map.of();
    /** Whether the last check could not even be begun. */
    private boolean lacking;

    /** How often a check that breaks off is repeated yet. */
    private final Map<Place, Integer> looksLeft = new ConcurrentHashMap<>();
    /** When a check was last hurried because somebody could not reach the endpoint. */
    private final Map<Place, Long> looked = new ConcurrentHashMap<>();

    /** When this thread last let time pass, and when it last did so too late. */
    private long tickedNanos;

    private long stalledNanos;

    /** A server in a pool. */
    private record Place(String pool, EndpointId server) {
        static Place of(Pool pool, EndpointId endpoint) {
            return new Place(pool.name(), endpoint.server());
        }
    }

    private record Target(Place place, Pool pool, Endpoint endpoint) {
        void note(String what, @Nullable String why) {
            pool.health().checks().note(endpoint, what, why);
        }
    }

    /**
     * A checker at rest.
     *
     * @param enabled whether endpoints are checked; if not, only time passes
     * @param suspectAfter how long a check may take before its endpoint is a suspect
     * @param atRest whether a server has answered otherwise that it has nothing to do, and has got nothing since
     * @param nanoClock elapsed time in nanoseconds, as of {@link System#nanoTime}
     * @param random spreads the checks; used by one thread
     */
    public HealthChecker(
            boolean enabled,
            ProbeTiming timing,
            Duration suspectAfter,
            Pools pools,
            Predicate<EndpointId> atRest,
            LongSupplier nanoClock,
            RandomGenerator random) {
        this.enabled = enabled;
        this.timing = timing;
        this.suspectAfter = suspectAfter;
        this.stallNanos = timing.round().plus(STALL).toNanos();
        this.nanoClock = nanoClock;
        this.tickedNanos = nanoClock.getAsLong();
        this.stalledNanos = tickedNanos - 1;
        this.pools = pools;
        this.atRest = atRest;
        this.client = new ProbeClient("warmlane-health", timing);
        // Spread, so that the endpoints of a gateway that has just started do not take turns together.
        this.poller = new Poller<>(timing, 1, client.loop(), nanoClock, random, this::listed, this::check, this::rests);
    }

    /** Begins to check. To be called once. */
    public void start() {
        var unused =
                client.loop().scheduleAtFixedRate(this::tick, 0, timing.round().toMillis(), TimeUnit.MILLISECONDS);
        if (enabled) {
            pools.all().forEach(this::lookAtEjected);
            poller.start();
        }
    }

    /** Stops checking and frees thread and connections, shortly after it returns. */
    @Override
    public void close() {
        client.close(poller::stop);
    }

    private void tick() {
        long now = nanoClock.getAsLong();
        if (now - tickedNanos > stallNanos) {
            stalledNanos = now;
        }
        tickedNanos = now;
        try {
            pools.all().forEach(pool -> pool.health().tick());
        } catch (RuntimeException e) {
            log.warn("could not advance the health of the pools", e);
        }
    }

    /** Whether this thread, and so probably all of this process, was late at any time since then. */
    private boolean stalledSince(long nanos) {
        return stalledNanos - nanos >= 0 || nanoClock.getAsLong() - tickedNanos > stallNanos;
    }

    private void lookAtEjected(Pool pool) {
        pool.health().addListener(new HealthListener() {
            @Override
            public void changed(Endpoint endpoint, EndpointHealth before, EndpointHealth now) {
                if (now instanceof EndpointHealth.Ejected ejected && !ejected.checkFailed()) {
                    Place place = Place.of(pool, endpoint.id());
                    looksLeft.put(place, LOOKS);
                    poller.hurry(place, Duration.ZERO);
                }
            }

            @Override
            public void lost(Endpoint endpoint) {
                look(Place.of(pool, endpoint.id()));
            }
        });
    }

    /** Somebody could not reach this endpoint. From any thread; in every pool that lists it. */
    public void unreachable(EndpointId endpoint) {
        pools.all().forEach(pool -> look(Place.of(pool, endpoint)));
    }

    /** Checks soon, and not again because of others within a moment. */
    private void look(Place place) {
        long now = nanoClock.getAsLong();
        Long last = looked.get(place);
        if (enabled && (last == null || now - last > LOOK_AGAIN.toNanos())) {
            looked.put(place, now);
            poller.hurry(place, Duration.ZERO);
        }
    }

    private Map<Place, Target> listed() {
        List<EndpointSnapshot> now = pools.snapshots();
        if (now.equals(snapshots)) {
            return listed;
        }
        snapshots = now;
        listed = new LinkedHashMap<>();
        for (Pool pool : pools.all()) {
            for (Endpoint endpoint : pool.endpoints().snapshot().endpoints()) {
                if (endpoint.state().isDiscoveredReady() || endpoint.state() == EndpointState.DRAINED) {
                    Place place = Place.of(pool, endpoint.id());
                    listed.putIfAbsent(place, new Target(place, pool, endpoint));
                }
            }
        }
        failing.retainAll(listed.keySet());
        looksLeft.keySet().retainAll(listed.keySet());
        looked.keySet().retainAll(listed.keySet());
        return listed;
    }

    private boolean rests(Target target) {
        return target.endpoint().state() == EndpointState.READY
                && !failing.contains(target.place())
                && atRest.test(target.place().server());
    }

    private Disposable check(Target target, Runnable ended) {
        Check check = new Check(target, ended);
        check.request = client.get(target.pool(), target.endpoint().uri(), "/health", headers -> {}, check);
        return check;
    }

    /** One check of an endpoint. A status of 200 is all that counts. */
    private final class Check implements ResponseReader, Disposable {
        private final Target target;
        private final Runnable ended;
        private final long startedNanos = nanoClock.getAsLong();
        private final Future<?> late;
        private Disposable request = Disposables.disposed();

        Check(Target target, Runnable ended) {
            this.target = target;
            this.ended = ended;
            this.late = client.loop()
                    .schedule(() -> late(target, startedNanos), suspectAfter.toNanos(), TimeUnit.NANOSECONDS);
        }

        @Override
        public void read(ByteBuf part) {}

        @Override
        public void end() {
            over(() -> passed(target, startedNanos));
        }

        @Override
        public void failed(Throwable why) {
            over(() -> HealthChecker.this.failed(target, EngineFailure.of(why), startedNanos));
        }

        /** Whatever becomes of those who are told, the endpoint has its next turn. */
        private void over(Runnable telling) {
            late.cancel(false);
            try {
                telling.run();
            } catch (RuntimeException e) {
                log.warn("could not tell of a health check", e);
            }
            ended.run();
        }

        @Override
        public void dispose() {
            late.cancel(false);
            request.dispose();
        }
    }

    private void late(Target target, long startedNanos) {
        if (!stalledSince(startedNanos)
                && target.pool().health().checks().late(target.endpoint().id(), startedNanos)) {
            target.note("health check is late and nothing else has come from it", null);
        }
    }

    private void passed(Target target, long startedNanos) {
        lacking = false;
        looksLeft.remove(target.place());
        if (failing.remove(target.place())) {
            target.note("healthy again", null);
        }
        target.pool().health().checks().passed(target.endpoint().id(), startedNanos);
    }

    private void failed(Target target, EngineFailure why, long startedNanos) {
        if (why.isOurs()) {
            if (!lacking) {
                lacking = true;
                log.warn("cannot run health checks, so nothing counts against endpoints: {}", why.reason());
            }
            return;
        }
        if (why.isLate() && stalledSince(startedNanos)) {
            return;
        }
        if (why.isLate()) {
            late(target, startedNanos);
        }
        int left = looksLeft.getOrDefault(target.place(), 0);
        if (why.cause() != FailureCause.RESET || left == 0) {
            looksLeft.remove(target.place());
        } else {
            looksLeft.put(target.place(), left - 1);
            poller.hurry(target.place(), FIRST_PAUSE.multipliedBy(1L << (LOOKS - left)));
        }
        if (failing.add(target.place())) {
            target.note("health check failed", why.reason());
        }
        target.pool().health().checks().failed(target.endpoint().id(), why.cause(), why.reason(), startedNanos);
        if (why.isRefused()) {
            target.pool().health().checks().refused(target.endpoint().id());
        }
    }
}
