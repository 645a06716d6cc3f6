package dev.warmlane.tools.replay;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.LeftPlaces;
import dev.warmlane.core.prefix.PromptBeginning.Shared;
import dev.warmlane.core.routing.Heirs;
import dev.warmlane.core.routing.InFlight.Lease;
import dev.warmlane.core.routing.Router;
import dev.warmlane.tools.replay.DepartureReport.Departure;
import dev.warmlane.tools.replay.ReplayGateway.ReplayKeys;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Hands over the caches of endpoints that are about to end: what their sessions share is computed at the endpoints that the first
 * gateway's policy chooses for these sessions, and which take requests meanwhile. Not thread-safe.
 */
final class HandOvers {
    private final Fleet fleet;
    private final List<ReplayGateway> gateways;
    private final ReplayKeys keys;
    private final VirtualTime time;
    private final List<HandOver> running = new ArrayList<>();
    private final LeftPlaces places;

    HandOvers(Fleet fleet, List<ReplayGateway> gateways, ReplayKeys keys, VirtualTime time) {
        this.fleet = fleet;
        this.gateways = gateways;
        this.keys = keys;
        this.time = time;
        this.places = new LeftPlaces(time::now);
    }

    /**
     * An endpoint gets no new sessions any more.
     *
     * @param prompts what may be handed over, the most frequent first
     * @param untilNanos none begins later
     */
    void begin(ReplayEndpoint leaving, List<Shared> prompts, long untilNanos, Departure departure) {
        Heirs heirs = new Heirs(router(), List.of(leaving.endpoint()));
        List<Shared> held = prompts.stream()
                .filter(shared -> heirs.inherit(shared.call().prompt()))
                .toList();
        if (!held.isEmpty()) {
            places.left(leaving.endpoint().id(), held.stream().map(Shared::hash).collect(Collectors.toSet()));
        }
        HandOver plan = new HandOver(leaving, heirs, departure);
        OwnPrompts run = new OwnPrompts(held, OwnPrompts.MOST_TOKENS, untilNanos, plan);
        plan.run = run;
        running.add(plan);
        run.next(time.now());
    }

    /** An endpoint is gone. */
    void giveUp(ReplayEndpoint endpoint) {
        List.copyOf(running).stream().filter(plan -> plan.run().isAt(endpoint)).forEach(HandOver::giveUp);
    }

    /** An endpoint has come back whose cache was being handed over. */
    void isBack(ReplayEndpoint endpoint) {
        EndpointId id = endpoint.endpoint().id();
        List.copyOf(running).stream()
                .filter(plan -> plan.leaving.endpoint().id().equals(id))
                .forEach(HandOver::giveUp);
    }

    /** What was held by the one whose place an endpoint takes; null if it takes nobody's. */
    @Nullable
    Set<Long> before(EndpointId endpoint) {
        return places.take(endpoint, other -> {
            Endpoint listed = router().pool().snapshot().find(other);
            return listed != null && !listed.state().ends();
        });
    }

    private Router router() {
        return gateways.get(0).router();
    }

    /** Of one endpoint. */
    private final class HandOver implements OwnPrompts.Plan {
        private final ReplayEndpoint leaving;
        private final Heirs heirs;
        private final Departure departure;
        private final Map<Shared, Lease> leases = new HashMap<>();
        private @Nullable OwnPrompts run;

        HandOver(ReplayEndpoint leaving, Heirs heirs, Departure departure) {
            this.leaving = leaving;
            this.heirs = heirs;
            this.departure = departure;
        }

        private OwnPrompts run() {
            return Objects.requireNonNull(run);
        }

        @Override
        public @Nullable ReplayEndpoint place(Shared shared) {
            Endpoint heir = heirs.of(keys.key(shared), shared.call().prompt(), shared.ownPerSecond());
            return heir == null ? null : fleet.find(heir.id());
        }

        @Override
        public void sent(ReplayEndpoint endpoint, Shared shared) {
            long tokens = OwnPrompts.tokens(shared);
            Lease lease = router().inFlight().open(endpoint.endpoint().id(), tokens, tokens);
            leases.put(shared, Objects.requireNonNull(lease));
        }

        @Override
        public void ended(ReplayEndpoint endpoint, Shared shared, boolean computed) {
            Objects.requireNonNull(leases.remove(shared)).close();
            if (computed) {
                departure.handedOver(OwnPrompts.tokens(shared));
                gateways.forEach(gateway -> gateway.router()
                        .notes()
                        .warmed(endpoint.endpoint().id(), shared.call().prompt()));
            }
        }

        @Override
        public void over() {
            running.remove(this);
        }

        void giveUp() {
            running.remove(this);
            run().giveUp(time.now());
        }
    }
}
