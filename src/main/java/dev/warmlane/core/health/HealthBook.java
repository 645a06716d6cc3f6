package dev.warmlane.core.health;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.health.EndpointHealth.Ejected;
import dev.warmlane.core.health.EndpointHealth.EjectionReason;
import dev.warmlane.core.health.EndpointHealth.Healthy;
import dev.warmlane.core.health.EndpointHealth.Probation;
import dev.warmlane.core.health.EndpointHealth.Starting;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The health of every server of a pool that discovery calls ready, and the only place where it changes. Immutable: each
 * event gives another book, or the same one where it changes nothing. What happens at one rank of a server is of the server.
 *
 * <p>Requests eject at most half of the pool, rounded down, so never its last endpoint. Health checks may eject any number,
 * as they tell of the endpoint alone; when that leaves fewer than half healthy, all are used, because what is left would break
 * under the load of all, and the checks may be wrong.
 */
final class HealthBook {
    private final HealthRules rules;
    private final boolean begun;
    private final Map<EndpointId, EndpointHealth> healths;
    private final int out;

    private HealthBook(HealthRules rules, boolean begun, Map<EndpointId, EndpointHealth> healths) {
        this.rules = rules;
        this.begun = begun;
        this.healths = healths;
        this.out = (int) healths.values().stream().filter(HealthBook::isOut).count();
    }

    /** A book of no endpoints; the first that it follows are taken for well, as they were there before. */
    static HealthBook empty(HealthRules rules) {
        return new HealthBook(rules, false, Map.of());
    }

    /** The health of an endpoint; null if discovery does not call it ready. */
    @Nullable
    EndpointHealth of(EndpointId id) {
        return healths.get(id.server());
    }

    Map<EndpointId, EndpointHealth> all() {
        return healths;
    }

    /** Endpoints that are ejected or on probation. */
    int out() {
        return out;
    }

    /** Whether fewer than half are healthy, so that all are used. */
    boolean isPanic() {
        return 2 * out > healths.size();
    }

    /** Keeps the endpoints that discovery calls ready, and forgets the others. */
    HealthBook follow(EndpointSnapshot discovered, long nowNanos) {
        Map<EndpointId, EndpointHealth> followed = new LinkedHashMap<>();
        for (Endpoint endpoint : discovered.endpoints()) {
            if (endpoint.state().isDiscoveredReady()) {
                EndpointId server = endpoint.id().server();
                EndpointHealth known = healths.get(server);
                followed.putIfAbsent(
                        server, known != null ? known : begun ? back(0, nowNanos) : new Healthy(0, nowNanos));
            }
        }
        boolean begins = begun || !followed.isEmpty();
        return begins == begun && followed.equals(healths) ? this : new HealthBook(rules, begins, followed);
    }

    /** Requests have shown that an endpoint fails. */
    HealthBook fail(EndpointId id, EjectionReason reason, boolean cacheLost, long nowNanos) {
        return with(
                id,
                health -> isOut(health) || 2 * (out + 1) > healths.size()
                        ? health
                        : ejected(health, reason, cacheLost, nowNanos));
    }

    /** An operator takes an endpoint out as if it had failed; any, and for as long as a failure would. */
    HealthBook eject(EndpointId id, long nowNanos) {
        return with(id, health -> isOut(health) ? health : ejected(health, EjectionReason.OPERATOR, false, nowNanos));
    }

    /** An operator knows that an endpoint is well: it takes its full load at once. */
    HealthBook readmit(EndpointId id, long nowNanos) {
        return with(id, health -> isOut(health) ? new Healthy(0, nowNanos) : health);
    }

    /** The request that was to bring an endpoint back has failed. */
    HealthBook failProbation(EndpointId id, boolean cacheLost, long nowNanos) {
        return with(
                id,
                health -> health instanceof Probation
                        ? ejected(health, EjectionReason.PROBATION_FAILED, cacheLost || health.cacheLost(), nowNanos)
                        : health);
    }

    /** The request that was to bring an endpoint back has succeeded. */
    HealthBook passProbation(EndpointId id, long nowNanos) {
        return with(id, health -> health instanceof Probation ? back(health.ejections(), nowNanos) : health);
    }

    /**
     * The cache of an endpoint was filled: its load begins with what that is worth, and with no less than that of an empty one.
     *
     * @param warmth share of what its pool is asked for that its cache holds now, in [0, 1]
     * @param hasComputed whether it has computed anything, which is as good as a request that succeeds
     */
    HealthBook warmed(EndpointId id, double warmth, boolean hasComputed, long nowNanos) {
        return with(id, health -> {
            if (!(health instanceof Starting) && !(hasComputed && health instanceof Probation)) {
                return health;
            }
            return warmth >= 1
                    ? new Healthy(health.ejections(), nowNanos)
                    : back(health.ejections(), nowNanos - rules.startedForNanos(warmth));
        });
    }

    /** Its process is another one, with an empty cache, though it need not have failed: it is as one that comes back. */
    HealthBook restarted(EndpointId id, long nowNanos) {
        return with(id, health -> {
            if (health instanceof Ejected e) {
                return new Ejected(e.reason(), e.ejections(), e.sinceNanos(), e.untilNanos(), e.checkFailed(), true);
            }
            return health instanceof Probation p
                    ? new Probation(p.reason(), p.ejections(), p.sinceNanos(), p.trial(), p.trialNanos(), true)
                    : back(health.ejections(), nowNanos);
        });
    }

    /** A request is on its way that will tell whether an endpoint is back. Only the first changes anything. */
    HealthBook claim(Endpoint endpoint, long nowNanos) {
        return with(
                endpoint.id(),
                health -> health instanceof Probation p && !p.taken() ? p.taken(endpoint, nowNanos) : health);
    }

    /** That request told nothing. One that was on its way for too long changes nothing: another is by now. */
    HealthBook release(Endpoint endpoint) {
        return with(endpoint.id(), health -> health instanceof Probation p && p.takenBy(endpoint) ? p.free() : health);
    }

    /**
     * A health check has failed.
     *
     * @param fell whether so many did in a row that this ejects
     * @param cacheLost whether nobody listens there
     */
    HealthBook checkFailed(EndpointId id, boolean fell, boolean cacheLost, long nowNanos) {
        return with(id, health -> {
            if (health instanceof Ejected e) {
                return new Ejected(
                        e.reason(), e.ejections(), e.sinceNanos(), e.untilNanos(), true, e.cacheLost() || cacheLost);
            }
            return fell
                    ? new Ejected(
                            EjectionReason.HEALTH_CHECK,
                            health.ejections(),
                            nowNanos,
                            nowNanos,
                            true,
                            health.cacheLost() || cacheLost)
                    : health;
        });
    }

    /** So many health checks have passed in a row that an endpoint whose check had failed is worth a try. */
    HealthBook checkRose(EndpointId id) {
        return with(id, health -> health instanceof Ejected e && e.checkFailed() ? probation(e) : health);
    }

    /** Time has passed. */
    HealthBook tick(long nowNanos) {
        Map<EndpointId, EndpointHealth> changed = new HashMap<>();
        healths.forEach((id, health) -> {
            if (health instanceof Ejected e && !e.checkFailed() && nowNanos - e.untilNanos() >= 0) {
                changed.put(id, probation(e));
            } else if (health instanceof Probation p
                    && p.taken()
                    && nowNanos - p.trialNanos() >= rules.ejectionNanos(1)) {
                // It hangs, or takes long; the next may tell sooner.
                changed.put(id, p.free());
            } else if (health instanceof Starting s && rules.loadShare(nowNanos - s.sinceNanos()) >= 1) {
                changed.put(id, new Healthy(s.ejections(), s.sinceNanos()));
            }
        });
        return with(changed);
    }

    /** Lays this over what discovery listed. */
    EndpointSnapshot over(EndpointSnapshot discovered, long nowNanos) {
        if (healths.values().stream().allMatch(Healthy.class::isInstance)) {
            return discovered;
        }
        List<Endpoint> merged = new ArrayList<>(discovered.endpoints().size());
        for (Endpoint endpoint : discovered.endpoints()) {
            EndpointHealth health = healths.get(endpoint.id().server());
            if (health instanceof Starting starting) {
                merged.add(endpoint.starting(rules.loadShare(nowNanos - starting.sinceNanos())));
            } else {
                merged.add(health == null ? endpoint : endpoint.withState(state(health)));
            }
        }
        return new EndpointSnapshot(merged, isPanic());
    }

    private EndpointState state(EndpointHealth health) {
        if (health instanceof Ejected ejected) {
            return waits(ejected) ? EndpointState.SUSPENDED : EndpointState.EJECTED;
        }
        if (health instanceof Probation probation) {
            return !probation.taken()
                    ? EndpointState.PROBATION
                    : probation.cacheLost() ? EndpointState.EJECTED : EndpointState.SUSPENDED;
        }
        return EndpointState.READY;
    }

    /** Sessions wait for a cache that is probably still there and soon back. */
    private boolean waits(Ejected ejected) {
        return !ejected.cacheLost()
                && ejected.lengthNanos() <= rules.keepSessions().toNanos();
    }

    private Ejected ejected(EndpointHealth before, EjectionReason reason, boolean cacheLost, long nowNanos) {
        // Ejections count as in a row if the next comes no later after the last one than that one lasted.
        boolean inARow = before instanceof Probation
                || nowNanos - before.sinceNanos() <= rules.ejectionNanos(before.ejections());
        int ejections = inARow ? before.ejections() + 1 : 1;
        return new Ejected(reason, ejections, nowNanos, nowNanos + rules.ejectionNanos(ejections), false, cacheLost);
    }

    private EndpointHealth back(int ejections, long nowNanos) {
        return rules.slowStart().isZero() ? new Healthy(ejections, nowNanos) : new Starting(ejections, nowNanos);
    }

    private static Probation probation(Ejected ejected) {
        return new Probation(ejected.reason(), ejected.ejections(), ejected.sinceNanos(), null, 0, ejected.cacheLost());
    }

    private HealthBook with(EndpointId id, UnaryOperator<EndpointHealth> change) {
        EndpointHealth before = healths.get(id.server());
        if (before == null) {
            return this;
        }
        EndpointHealth after = change.apply(before);
        return after.equals(before) ? this : with(Map.of(id.server(), after));
    }

    private HealthBook with(Map<EndpointId, EndpointHealth> changed) {
        if (changed.isEmpty()) {
            return this;
        }
        Map<EndpointId, EndpointHealth> all = new LinkedHashMap<>(healths);
        all.putAll(changed);
        return new HealthBook(rules, begun, all);
    }

    private static boolean isOut(EndpointHealth health) {
        return health instanceof Ejected || health instanceof Probation;
    }
}
