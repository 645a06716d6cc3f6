package dev.warmlane.tools.replay;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.routing.Heirs;
import dev.warmlane.core.routing.InFlight.Lease;
import dev.warmlane.core.routing.Router;
import dev.warmlane.tools.replay.DepartureReport.Departure;
import dev.warmlane.tools.replay.ReplayGateway.ReplayKeys;
import dev.warmlane.tools.replay.SharedPrefixes.Shared;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints that are about to end have what sessions share of their caches computed where these sessions will go: at the endpoints that the
 * first gateway's policy chooses for them. Those take requests meanwhile.
 */
final class HandOvers {
    private final Fleet fleet;
    private final List<ReplayGateway> gateways;
    private final ReplayKeys keys;
    private final VirtualTime time;
    private final List<OwnPrompts> running = new ArrayList<>();

    HandOvers(Fleet fleet, List<ReplayGateway> gateways, ReplayKeys keys, VirtualTime time) {
        this.fleet = fleet;
        this.gateways = gateways;
        this.keys = keys;
        this.time = time;
    }

    /**
     * An endpoint gets no new sessions any more.
     *
     * @param prompts what may be handed over, the most frequent first
     * @param maxTokens that others compute for it
     */
    void begin(ReplayEndpoint leaving, List<Shared> prompts, long maxTokens, long untilNanos, Departure departure) {
        Heirs heirs = new Heirs(router(), List.of(leaving.endpoint()));
        List<Shared> held = prompts.stream()
                .filter(shared -> heirs.inherit(shared.prompt()))
                .toList();
        HandOver plan = new HandOver(heirs, maxTokens, departure);
        OwnPrompts run = new OwnPrompts(held, untilNanos, plan);
        plan.run = run;
        running.add(run);
        run.next(time.now());
    }

    /** An endpoint is gone. */
    void giveUp(ReplayEndpoint endpoint) {
        for (OwnPrompts run : List.copyOf(running)) {
            if (run.endpoint() == endpoint) {
                running.remove(run);
                run.giveUp(time.now());
            }
        }
    }

    private Router router() {
        return gateways.get(0).router();
    }

    /** Of one endpoint. */
    private final class HandOver implements OwnPrompts.Plan {
        private final Heirs heirs;
        private final Departure departure;
        private long tokensLeft;
        private @Nullable Lease lease;
        private @Nullable OwnPrompts run;

        HandOver(Heirs heirs, long maxTokens, Departure departure) {
            this.heirs = heirs;
            this.tokensLeft = maxTokens;
            this.departure = departure;
        }

        @Override
        public @Nullable ReplayEndpoint place(Shared shared) {
            int tokens = OwnPrompts.tokens(shared.prompt());
            Endpoint heir =
                    tokens > tokensLeft ? null : heirs.of(keys.key(shared), shared.prompt(), shared.perSecond());
            if (heir == null) {
                return null;
            }
            tokensLeft -= tokens;
            lease = Objects.requireNonNull(router().inFlight().open(heir.id(), tokens, tokens));
            return fleet.find(heir.id());
        }

        @Override
        public void ended(ReplayEndpoint endpoint, Shared shared, boolean computed) {
            if (lease != null) {
                lease.close();
                lease = null;
            }
            if (computed) {
                gateways.forEach(gateway ->
                        gateway.router().notes().warmed(endpoint.endpoint().id(), shared.prompt()));
            }
            departure.handedOver(computed ? OwnPrompts.tokens(shared.prompt()) : 0);
        }

        @Override
        public void over() {
            running.remove(run);
        }
    }
}
