package dev.warmlane.tools.replay;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.Router;
import dev.warmlane.tools.replay.Attempt.Arrival;
import dev.warmlane.tools.replay.DepartureReport.Departure;
import dev.warmlane.tools.replay.DepartureReport.MinuteAfter;
import dev.warmlane.tools.replay.JoinReport.FirstMinute;
import dev.warmlane.tools.replay.ReplayGateway.ReplayKeys;
import dev.warmlane.tools.replay.SharedPrefixes.Expectation;
import dev.warmlane.tools.replay.SharedPrefixes.Shared;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints that come and go while a replay runs. Those that come have empty caches; where the scenario says so, each is given what sessions
 * share before it takes requests, and those that are known to go give it to others.
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

    /**
     * An endpoint with an empty cache takes requests, once it has what it is to be given before.
     *
     * @param takesPlace whether it takes the place of one that was known to leave
     */
    void join(ReplayEndpoint endpoint, boolean takesPlace) {
        if (prewarmSeconds == null || prewarmSeconds == 0) {
            fleet.announceTo(gateways);
            report.joined(endpoint, time.now(), 0);
            return;
        }
        long until = time.now() + VirtualTime.nanos(prewarmSeconds);
        endpoint.warming(true);
        fleet.announceTo(gateways);
        CacheWarming begun = new CacheWarming(endpoint, worthWarming(endpoint, takesPlace), until);
        warming.put(endpoint, begun);
        begun.run.next(time.now());
    }

    private List<Shared> worthWarming(ReplayEndpoint endpoint, boolean takesPlace) {
        Router router = gateways.get(0).router();
        return sharedPrefixes.best(
                warmedBlocks(),
                WORTH_WARMING_PER_SECOND,
                fleet.endpoints().size() + 1,
                takesPlace,
                prompt -> router.heldElsewhere(endpoint.endpoint().id(), prompt),
                time.now());
    }

    private int warmedBlocks() {
        return (int) (WARMED_SHARE * fleet.cache().blocks());
    }

    /** An endpoint gets no new sessions any more, and is lost then. */
    void leaves(ReplayEndpoint endpoint, long goneNanos) {
        if (prewarmSeconds == null) {
            return;
        }
        Departure departure = departures.leaves(endpoint, goneNanos);
        if (prewarmSeconds > 0) {
            List<Shared> all =
                    sharedPrefixes.best(Integer.MAX_VALUE, WORTH_WARMING_PER_SECOND, 1, false, prompt -> 0, time.now());
            long until = Math.min(goneNanos, time.now() + VirtualTime.nanos(prewarmSeconds));
            handOvers.begin(endpoint, all, (long) warmedBlocks() * Load.BLOCK_SIZE_TOKENS, until, departure);
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
        private final OwnPrompts run;
        private final List<PromptBlocks> warmed = new ArrayList<>();

        /** @param untilNanos none begins later */
        CacheWarming(ReplayEndpoint endpoint, List<Shared> worthWarming, long untilNanos) {
            this.endpoint = endpoint;
            this.run = new OwnPrompts(worthWarming, untilNanos, this);
        }

        @Override
        public ReplayEndpoint place(Shared prompt) {
            return endpoint;
        }

        @Override
        public void ended(ReplayEndpoint at, Shared prompt, boolean computed) {
            if (computed) {
                warmed.add(prompt.prompt());
            }
        }

        @Override
        public void over() {
            endpoint.warming(false);
            warming.remove(endpoint);
            fleet.announceTo(gateways);
            for (ReplayGateway gateway : gateways) {
                for (PromptBlocks prompt : warmed) {
                    gateway.router().notes().warmed(endpoint.endpoint().id(), prompt);
                }
            }
            report.joined(endpoint, time.now(), run.computedTokens());
        }
    }
}
