package dev.warmlane.tools.replay;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.tools.replay.ReplaySettings.Roles;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.simulator.engine.EngineModel.CacheConfig;
import dev.warmlane.tools.simulator.engine.SimulatedEngine;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The endpoints of a replay: those that are there, and those that were. */
final class Fleet {
    private final ReplaySettings settings;
    private final CacheConfig cache;
    private final Map<EndpointId, ReplayEndpoint> present = new LinkedHashMap<>();
    private final List<ReplayEndpoint> all = new ArrayList<>();
    private int places;
    private boolean slow;

    Fleet(ReplaySettings settings) {
        this.settings = settings;
        this.cache = CacheConfig.ofTokens(Load.BLOCK_SIZE_TOKENS, settings.kvTokens())
                .withoutWaste();
        for (int i = 0; i < settings.endpoints(); i++) {
            add();
        }
    }

    /** The cache of each endpoint. */
    CacheConfig cache() {
        return cache;
    }

    /** How many endpoints there ever were, those that took another's place not counted. */
    int places() {
        return places;
    }

    /** Those that are there, in the order they joined. */
    List<Endpoint> endpoints() {
        return present.values().stream().map(ReplayEndpoint::endpoint).toList();
    }

    /** Those that are there and those that were. */
    List<ReplayEndpoint> all() {
        return all;
    }

    ReplayEndpoint find(EndpointId id) {
        ReplayEndpoint endpoint = present.get(id);
        if (endpoint == null) {
            throw new IllegalStateException("endpoint %s: gone (expected: a present one)".formatted(id));
        }
        return endpoint;
    }

    ReplayEndpoint add() {
        return start(places++, 0);
    }

    /** The endpoint that joined first, of those that stay; null if there is none. */
    @Nullable
    ReplayEndpoint oldest() {
        return present.values().stream()
                .filter(endpoint -> !endpoint.isLeaving())
                .findFirst()
                .orElse(null);
    }

    /** Takes an endpoint out. */
    void remove(ReplayEndpoint endpoint) {
        present.remove(endpoint.endpoint().id());
    }

    /** Puts a cold one in the place of an endpoint that was taken out. */
    ReplayEndpoint replace(ReplayEndpoint gone) {
        return start(gone.place(), all.size());
    }

    /** Puts the same one in the place of an endpoint that was taken out, with an empty cache. */
    ReplayEndpoint restart(ReplayEndpoint gone) {
        return start(gone.place(), gone.incarnation());
    }

    /** From here on the slow ones are slow. */
    void slowDown() {
        slow = true;
        present.values().forEach(this::slowDown);
    }

    private void slowDown(ReplayEndpoint endpoint) {
        endpoint.engine().slowDown(settings.scenario().slowdowns.getOrDefault(endpoint.place(), 1.0));
    }

    /** How often any of them loaded an adapter. */
    long adapterLoads() {
        return all.stream()
                .mapToLong(endpoint -> endpoint.engine().adapterStats().loads())
                .sum();
    }

    /** When the next step of any engine ends, or {@link SimulatedEngine#IDLE}. */
    long nextStepEnd() {
        long next = SimulatedEngine.IDLE;
        for (ReplayEndpoint endpoint : present.values()) {
            next = Math.min(next, endpoint.engine().nextStepEnd());
        }
        return next;
    }

    /** Ends the steps that end at this time. */
    void advance(long nowNanos) {
        // What listeners do at the end of a step never changes who is present.
        for (ReplayEndpoint endpoint : present.values()) {
            if (endpoint.engine().nextStepEnd() <= nowNanos) {
                endpoint.engine().advance(nowNanos);
            }
        }
    }

    private ReplayEndpoint start(int place, int incarnation) {
        Roles roles = settings.roles();
        Role role = roles == null ? Role.BOTH : roles.of(place);
        ReplayEndpoint endpoint = new ReplayEndpoint(
                place, incarnation, role, new SimulatedEngine(settings.model(), cache, settings.adapters()));
        if (slow) {
            slowDown(endpoint);
        }
        present.put(endpoint.endpoint().id(), endpoint);
        all.add(endpoint);
        return endpoint;
    }

    /** Tells all gateways which endpoints there are. */
    void announceTo(List<ReplayGateway> gateways) {
        List<Endpoint> known = endpoints();
        double cacheTokens = (double) cache().blocks() * Load.BLOCK_SIZE_TOKENS;
        gateways.forEach(gateway -> gateway.endpoints(known, cacheTokens));
    }
}
