package dev.warmlane.tools.replay;

import dev.warmlane.core.endpoint.Endpoint.EndpointLoad.EndpointAdapters;
import dev.warmlane.core.prefix.reuse.CacheUseReport;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.tools.WrongArgumentException;
import dev.warmlane.tools.replay.Attempt.Arrival;
import dev.warmlane.tools.replay.DepartureReport.MinuteAfter;
import dev.warmlane.tools.replay.JoinReport.FirstMinute;
import dev.warmlane.tools.replay.PrefillLeg.Transfers;
import dev.warmlane.tools.replay.ReplayGateway.ReplayKeys;
import dev.warmlane.tools.replay.ReplayGateway.ReplaySharing;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import dev.warmlane.tools.simulator.engine.SimulatedEngine.AdapterStats;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One run: a load, a policy, a fleet. Jumps from event to event: a request arrives, a step of an engine ends, an endpoint
 * comes or goes. Used once, by one thread.
 */
public final class Replay {
    private static final long SCRAPE_NANOS = 1_000_000_000;

    private final Load load;
    private final ReplaySettings settings;
    private final VirtualTime time = new VirtualTime();
    private final Fleet fleet;
    private final Joins joins;
    private final List<ReplayGateway> gateways = new ArrayList<>();
    private final ReplayKeys keys;
    private final SplittableRandom balancer;
    private final @Nullable ReplaySharing sharing;
    private final Tally tally;
    private final @Nullable Transfers transfers;
    private final int requests;
    private final DoubleConsumer progress;
    private final Attempt.Listener ends = new Ends();

    /**
     * @param progress hears the share of requests that have ended, in [0, 1], after each
     * @throws IllegalArgumentException if a request of the load does not fit into an endpoint's cache
     */
    public Replay(Load load, ReplaySettings settings, PolicyMaker policy, DoubleConsumer progress) {
        this(load, settings, policy, settings.scenario().prewarmSeconds, progress);
    }

    /**
     * A replay that warms for another time than its scenario says.
     *
     * @param prewarmSeconds as {@link Scenario#prewarmSeconds}
     */
    Replay(
            Load load,
            ReplaySettings settings,
            PolicyMaker policy,
            @Nullable Double prewarmSeconds,
            DoubleConsumer progress) {
        int least = load.longestTokens() + Load.BLOCK_SIZE_TOKENS;
        String expected = ">= %d, for the longest request".formatted(least);
        WrongArgumentException.check(settings.kvTokens() >= least, "kv tokens", settings.kvTokens(), expected);
        this.load = load;
        this.settings = settings;
        this.fleet = new Fleet(settings);
        this.keys = new ReplayKeys(settings.key(), settings.addresses(), settings.seed());
        this.joins = new Joins(fleet, gateways, keys, prewarmSeconds, settings.scenario().prewarmBy, time);
        this.balancer = new SplittableRandom(settings.seed());
        this.tally = new Tally(
                (long) settings.endpoints() * fleet.cache().blocks(),
                VirtualTime.nanos(settings.scenario().measureFromSeconds),
                settings.roles() != null);
        this.transfers = settings.roles() == null ? null : settings.roles().transfers();
        this.requests = load.size();
        this.progress = progress;
        long indexBlocks = Math.max(1, Math.round(fleet.cache().blocks() * settings.scenario().indexScale));
        Duration delay = settings.scenario().shareDelay();
        this.sharing = delay == null ? null : new ReplaySharing(time, delay);
        for (int i = 0; i < settings.scenario().gateways; i++) {
            gateways.add(new ReplayGateway(policy, indexBlocks, time, settings.seed() + i, i, sharing));
        }
        if (sharing == null) {
            gateways.get(0).cacheUse().trafficShare(1.0 / gateways.size());
        }
    }

    /**
     * Lets every request of the load run to its end.
     *
     * @throws IllegalStateException if anything is left in flight or held afterwards, or a request has no end
     */
    public PolicyResult run() {
        fleet.announceTo(gateways);
        joins.watch();
        time.at(VirtualTime.nanos(settings.scenario().slowFromSeconds), fleet::slowDown);
        load.arrivals().forEach(request -> time.at(request.delayNanos(), () -> arrive(request)));
        new FleetChanges(settings.scenario(), fleet, gateways, joins, time).schedule();
        if (settings.adapters().slots() > 0) {
            scrapeAdapters();
        }
        while (tally.ended() < requests) {
            long stepEnd = fleet.nextStepEnd();
            if (time.next() < stepEnd) {
                time.runNext();
            } else if (stepEnd != VirtualTime.NEVER) {
                time.moveTo(stepEnd);
                fleet.advance(stepEnd);
            } else {
                throw new IllegalStateException("ended: %d requests (expected: %d)".formatted(tally.ended(), requests));
            }
        }
        checkNothingIsLeft();
        return tally.result(
                fleet.places(),
                sharing == null ? null : sharing.bytes(),
                settings.adapters().slots() == 0 ? null : fleet.adapterLoads());
    }

    /** What the first gateway has seen, after the run. */
    CacheUseReport cacheUse() {
        return gateways.get(0).cacheUse().lastDay(time.now());
    }

    /** Seconds that an endpoint takes for a token of prefill, as the first gateway has seen it. */
    double secondsPerToken() {
        return gateways.get(0).router().secondsPerToken();
    }

    private void arrive(LoadRequest request) {
        ReplayGateway gateway = gateways.get(balancer.nextInt(gateways.size()));
        gateway.cacheUse().work();
        RoutingRequest routing = new RoutingRequest(
                keys.key(request),
                request.prompt(),
                Set.of(),
                null,
                request.adapter(),
                request.adapter() != null,
                true,
                null,
                null);
        tally.arrived(request, time.now());
        joins.arrived(request, routing.prompt());
        send(new Arrival(request, routing, gateway, time.now()));
    }

    private void send(Arrival arrival) {
        Dispatch dispatch = arrival.gateway().router().dispatch(arrival.routing(), Set.of());
        if (dispatch == null) {
            tally.refused();
            follow(arrival.request());
            return;
        }
        tally.sent(arrival, dispatch.decision());
        ReplayEndpoint endpoint = fleet.find(dispatch.endpoint().id());
        Dispatch prefill = dispatch.prefill();
        if (prefill == null) {
            new Attempt(ends, arrival, dispatch, endpoint, null).submit(time.now());
        } else {
            sendPrompt(arrival, dispatch, prefill, endpoint);
        }
    }

    private void sendPrompt(Arrival arrival, Dispatch dispatch, Dispatch prefill, ReplayEndpoint endpoint) {
        PrefillLeg[] leg = new PrefillLeg[1];
        leg[0] = new PrefillLeg(
                time,
                Objects.requireNonNull(transfers),
                arrival.request(),
                prefill,
                fleet.find(prefill.endpoint().id()),
                () -> new Attempt(ends, arrival, dispatch, endpoint, leg[0]).submit(time.now()));
        leg[0].submit();
    }

    private void follow(LoadRequest request) {
        for (LoadRequest follower : request.followers()) {
            time.at(time.now() + follower.delayNanos(), () -> arrive(follower));
        }
        progress.accept((double) tally.ended() / requests);
    }

    private void scrapeAdapters() {
        fleet.endpoints().forEach(endpoint -> {
            AdapterStats adapters = fleet.find(endpoint.id()).engine().adapterStats();
            EndpointAdapters said =
                    new EndpointAdapters(settings.adapters().slots(), adapters.running(), adapters.waiting());
            gateways.forEach(gateway -> gateway.router().notes().reported(endpoint.id(), said));
        });
        time.at(time.now() + SCRAPE_NANOS, this::scrapeAdapters);
    }

    /** How endpoints did that joined on the way. */
    List<FirstMinute> firstMinutes() {
        return joins.firstMinutes();
    }

    /** How all did after endpoints had left that were known to leave; empty unless caches are warmed, or it is compared with that. */
    List<MinuteAfter> minutesAfter() {
        return joins.minutesAfter();
    }

    private void checkNothingIsLeft() {
        for (ReplayEndpoint endpoint : fleet.all()) {
            joins.giveUp(endpoint);
            endpoint.checkIdle();
            gateways.forEach(
                    gateway -> gateway.checkNothingInFlight(endpoint.endpoint().id()));
        }
    }

    private final class Ends implements Attempt.Listener {
        @Override
        public void answered(
                Arrival arrival,
                ReplayEndpoint endpoint,
                RoutingDecision decision,
                EngineSequence sequence,
                @Nullable PrefillLeg leg) {
            tally.answered(arrival, endpoint, decision, sequence, leg, time.now());
            joins.answered(arrival, endpoint, sequence);
            follow(arrival.request());
        }

        @Override
        public void gap(long nanos) {
            tally.gap(nanos);
        }

        @Override
        public void lost(Arrival arrival) {
            tally.lost();
            send(arrival);
        }
    }
}
