package dev.warmlane.tools.replay;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PromptBeginning.Shared;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.WorthWarming;
import dev.warmlane.core.routing.Router;
import dev.warmlane.tools.replay.Attempt.Arrival;
import dev.warmlane.tools.replay.DepartureReport.Departure;
import dev.warmlane.tools.replay.DepartureReport.MinuteAfter;
import dev.warmlane.tools.replay.JoinReport.FirstMinute;
import dev.warmlane.tools.replay.ReplayGateway.ReplayKeys;
import dev.warmlane.tools.replay.SharedPrefixes.Expectation;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The caches of endpoints that come and go while a replay runs. Those that come have empty ones; where the scenario says so, each is given
 * what sessions share before it takes requests, and those that are known to go hand it over to others. Not thread-safe.
 */
final class Joins {
    private static final int MAX_SHARED_BLOCKS = 65_536;
    /** How much of an empty cache is filled; the rest is for what its requests bring. */
    private static final double WARMED_SHARE = 0.6;
    /** What comes less often than four times an hour is left to those who ask for it. */
    private static final double WORTH_WARMING_PER_SECOND = 1 / 900.0;

    private final Fleet fleet;
    private final List<ReplayGateway> gateways;
    private final @Nullable Double prewarmSeconds;
    private final VirtualTime time;
    private final SharedPrefixes sharedPrefixes;
    private final HandOvers handOvers;
    private final JoinReport report = new JoinReport();
    private final DepartureReport departures = new DepartureReport();
    private final Map<ReplayEndpoint, CacheWarming> warming = new HashMap<>();
    private final Map<EndpointId, Long> drainedNanos = new HashMap<>();

    /**
     * @param gateways those of the replay, as soon as they are made
     * @param prewarmSeconds as {@link Scenario#prewarmSeconds}
     * @param prewarmBy as {@link Scenario#prewarmBy}
     */
    Joins(
            Fleet fleet,
            List<ReplayGateway> gateways,
            ReplayKeys keys,
            @Nullable Double prewarmSeconds,
            Expectation prewarmBy,
            VirtualTime time) {
        this.fleet = fleet;
        this.gateways = gateways;
        this.prewarmSeconds = prewarmSeconds;
        this.sharedPrefixes = new SharedPrefixes(MAX_SHARED_BLOCKS, prewarmBy);
        this.time = time;
        this.handOvers = new HandOvers(fleet, gateways, keys, time);
    }

    /** A request has come with this prompt. */
    void arrived(LoadRequest request, PromptBlocks prompt) {
        if (prewarmSeconds != null) {
            report.arrived(request, sharedPrefixes.used(prompt, request.session(), time.now()));
        }
    }

    /** A request has been answered in full. */
    void answered(Arrival arrival, ReplayEndpoint endpoint, EngineSequence sequence) {
        if (prewarmSeconds != null) {
            report.answered(arrival, endpoint, sequence);
            departures.answered(arrival, sequence);
        }
    }

    /** From now on fills empty caches, if the scenario says so. To be called once, when there are gateways. */
    void watch() {
        if (prewarmSeconds == null || prewarmSeconds == 0) {
            return;
        }
        ReplayGateway first = gateways.get(0);
        first.health()
                .caches()
                .onCold(server -> !sharedPrefixes
                        .best(WORTH_WARMING_PER_SECOND, time.now())
                        .isEmpty());
        gateways.stream()
                .skip(1)
                .forEach(other -> other.health().caches().onCold(server -> state(server) == EndpointState.WARMING));
    }

    /** An endpoint with an empty cache is there, new or in the place of another: it takes requests once it has what it is to be given. */
    void join(ReplayEndpoint endpoint) {
        fleet.announceTo(gateways);
        joined(endpoint);
    }

    /** One that an operator had drained is put back. */
    void isBack(ReplayEndpoint endpoint) {
        handOvers.isBack(endpoint);
        gateways.forEach(gateway -> gateway.drain(endpoint.endpoint().id(), false));
        joined(endpoint);
    }

    private void joined(ReplayEndpoint endpoint) {
        if (state(endpoint.endpoint().id()) == EndpointState.WARMING) {
            CacheWarming begun = new CacheWarming(endpoint);
            warming.put(endpoint, begun);
            begun.run.next(time.now());
        } else {
            report.joined(endpoint, beforeNanos(endpoint), time.now(), 0);
        }
    }

    /** Until when all was as before it came. */
    private long beforeNanos(ReplayEndpoint endpoint) {
        return drainedNanos.getOrDefault(endpoint.endpoint().id(), time.now());
    }

    private @Nullable EndpointState state(EndpointId id) {
        Endpoint listed = gateways.get(0).router().pool().snapshot().find(id);
        return listed == null ? null : listed.state();
    }

    private List<Shared> worthWarming(EndpointId server, List<Shared> shared) {
        Router router = gateways.get(0).router();
        long endpoints = router.pool().snapshot().endpoints().stream()
                .filter(endpoint ->
                        endpoint.role() != Role.DECODE && !endpoint.state().ends())
                .count();
        return new WorthWarming(endpoints, handOvers.before(server)).of(shared, one -> {
            PromptBlocks prompt = one.call().prompt();
            return router.heldElsewhere(server, prompt) >= prompt.length();
        });
    }

    /** An endpoint gets no new sessions any more, and is lost then. */
    void leaves(ReplayEndpoint endpoint, long goneNanos) {
        if (prewarmSeconds != null) {
            handOver(endpoint, departures.leaves(endpoint, goneNanos), goneNanos);
        }
    }

    /** An operator drains an endpoint. */
    void drained(ReplayEndpoint endpoint) {
        drainedNanos.put(endpoint.endpoint().id(), time.now());
        gateways.forEach(gateway -> gateway.drain(endpoint.endpoint().id(), true));
        if (prewarmSeconds != null) {
            handOver(endpoint, departures.leaves(endpoint, time.now()), Long.MAX_VALUE);
        }
    }

    private void handOver(ReplayEndpoint endpoint, Departure departure, long goneNanos) {
        long forNanos = VirtualTime.nanos(Objects.requireNonNull(prewarmSeconds));
        if (forNanos > 0) {
            List<Shared> all = sharedPrefixes.best(WORTH_WARMING_PER_SECOND, time.now());
            handOvers.begin(endpoint, all, Math.min(goneNanos, time.now() + forNanos), departure);
        }
    }

    /** An endpoint is gone, or nobody needs it any more. */
    void giveUp(ReplayEndpoint endpoint) {
        CacheWarming begun = warming.remove(endpoint);
        if (begun != null) {
            begun.run.giveUp(time.now());
        }
        handOvers.giveUp(endpoint);
    }

    /** How endpoints did that joined on the way. */
    List<FirstMinute> firstMinutes() {
        return report.firstMinutes();
    }

    /** How all did after endpoints had left that were known to leave. */
    List<MinuteAfter> minutesAfter() {
        return departures.minutes();
    }

    /** Fills the cache of an endpoint before it takes requests. */
    private final class CacheWarming implements OwnPrompts.Plan {
        private final ReplayEndpoint endpoint;
        private final List<Shared> shared;
        private final OwnPrompts run;
        private double worth;

        CacheWarming(ReplayEndpoint endpoint) {
            this.endpoint = endpoint;
            this.shared = sharedPrefixes.best(WORTH_WARMING_PER_SECOND, time.now());
            double cacheTokens = (double) fleet.cache().blocks() * Load.BLOCK_SIZE_TOKENS;
            this.run = new OwnPrompts(
                    worthWarming(endpoint.endpoint().id(), shared),
                    (long) Math.min(OwnPrompts.MOST_TOKENS, WARMED_SHARE * cacheTokens),
                    time.now() + VirtualTime.nanos(Objects.requireNonNull(prewarmSeconds)),
                    this);
        }

        @Override
        public ReplayEndpoint place(Shared prompt) {
            return endpoint;
        }

        @Override
        public void ended(ReplayEndpoint at, Shared prompt, boolean computed) {
            if (computed) {
                worth += prompt.worth();
                gateways.forEach(gateway -> gateway.router()
                        .notes()
                        .warmed(at.endpoint().id(), prompt.call().prompt()));
            }
        }

        @Override
        public void over() {
            warming.remove(endpoint);
            double warmth = WorthWarming.warmth(shared, sharedPrefixes.share(), worth);
            gateways.forEach(gateway ->
                    gateway.health().caches().warmed(endpoint.endpoint().id(), warmth, run.computedTokens() > 0));
            report.joined(endpoint, beforeNanos(endpoint), time.now(), run.computedTokens());
        }
    }
}
