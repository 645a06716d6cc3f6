package dev.warmlane.core.health;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.health.EndpointHealth.EjectionReason;
import dev.warmlane.core.health.HealthRules.RequestRecord;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The health of one pool's servers, by their requests, health {@link #checks} and operators; the pool's snapshot combines it
 * with what discovery lists. What happens at one rank of a server is of the server: whoever names the rank may name the server
 * as well, and listeners hear of each of its ranks. {@link #tick} is to be called about once a second. Safe for concurrent use;
 * a request that succeeds takes no lock.
 */
public final class PoolHealth implements HealthWatch {
    private final EndpointPool pool;
    private final HealthRules rules;
    private final LongSupplier nanoClock;
    private final Map<EndpointId, RequestRecord> requests = new ConcurrentHashMap<>();
    private final Presence presence = new Presence();
    private final CurrentHealth current;
    private final HealthChecks checks;
    private final Drains drains;
    private final ColdCaches caches;

    /**
     * Follows the endpoints of a pool.
     *
     * @param nanoClock elapsed time in nanoseconds, as of {@link System#nanoTime}
     */
    public PoolHealth(EndpointPool pool, HealthRules rules, LongSupplier nanoClock) {
        this.pool = pool;
        this.rules = rules;
        this.nanoClock = nanoClock;
        this.current = new CurrentHealth(pool, rules);
        this.caches = new ColdCaches(current, presence, nanoClock);
        this.checks = new HealthChecks(current, caches, rules, presence, nanoClock);
        this.drains = new Drains(current, caches, presence);
        current.onChange(caches::changed);
        pool.overlay(this::over);
        pool.onRemoval(gone -> gone.forEach(this::forget));
    }

    /** The endpoints whose health it is. */
    public EndpointPool pool() {
        return pool;
    }

    /** What its health checks say. */
    public HealthChecks checks() {
        return checks;
    }

    /** What operators have taken out of use. */
    public Drains drains() {
        return drains;
    }

    /** Whose caches are empty, and whose are about to be lost. */
    public ColdCaches caches() {
        return caches;
    }

    /** The health of an endpoint; null if discovery does not list it as ready. */
    public @Nullable EndpointHealth of(EndpointId endpoint) {
        return current.of(endpoint);
    }

    /** Tells this of changes from now on, on whatever thread brings them. */
    public void addListener(HealthListener listener) {
        current.add(listener);
    }

    @Override
    public boolean admits(Endpoint endpoint) {
        if (endpoint.state() != EndpointState.PROBATION || claim(endpoint)) {
            return true;
        }
        // The request that came first may not have replaced the snapshot yet, and the caller reads it again next.
        pool.refresh();
        return false;
    }

    @Override
    public void heard(Endpoint endpoint) {
        presence.heard(endpoint.id().server(), nanoClock.getAsLong());
    }

    /** Whether a byte of a response has come from the server since; also when discovery began to list it. */
    public boolean heardSince(EndpointId server, long sinceNanos) {
        return presence.heardSince(server, sinceNanos);
    }

    @Override
    public void succeeded(Endpoint endpoint) {
        if (rules.outliers()) {
            RequestRecord known = requests.get(endpoint.id().server());
            if (known != null) {
                known.succeeded(nanoClock.getAsLong());
            }
        }
        if (endpoint.state() == EndpointState.PROBATION) {
            current.change(before -> before.passProbation(endpoint.id(), nanoClock.getAsLong()));
        }
    }

    @Override
    public void failed(Endpoint endpoint, FailureCause cause) {
        if (cause == FailureCause.CONNECT || cause == FailureCause.RESET) {
            current.tell(listener -> listener.lost(endpoint));
        }
        if (!cause.blamesEndpoint()) {
            undecided(endpoint);
            return;
        }
        current.tell(listener -> listener.failed(endpoint, cause.words()));
        if (endpoint.state() != EndpointState.PROBATION || !failProbation(endpoint.id(), cause)) {
            judge(endpoint.id().server(), cause);
        }
    }

    @Override
    public void undecided(Endpoint endpoint) {
        if (endpoint.state() == EndpointState.PROBATION) {
            current.change(before -> before.release(endpoint));
        }
    }

    /** Takes an endpoint out as if it had failed, even if too few are left. Returns whether it was in. */
    public boolean eject(EndpointId endpoint) {
        return current.change(before -> before.eject(endpoint, nanoClock.getAsLong()));
    }

    /** Ends an ejection or a probation: an operator knows better. Returns whether there was one. */
    public boolean readmit(EndpointId endpoint) {
        RequestRecord known = requests.get(endpoint.server());
        if (known != null) {
            known.clear();
        }
        return current.change(before -> before.readmit(endpoint, nanoClock.getAsLong()));
    }

    /** Ends ejections whose time is up, and raises the load of starting endpoints. */
    public void tick() {
        boolean changed = current.change(before -> before.tick(nanoClock.getAsLong()));
        if (!changed && pool.snapshot().hasStarting()) {
            pool.refresh();
        }
        current.tell(HealthListener::ticked);
    }

    private boolean claim(Endpoint endpoint) {
        return current.change(before -> before.claim(endpoint, nanoClock.getAsLong()));
    }

    private boolean failProbation(EndpointId endpoint, FailureCause cause) {
        return current.change(before -> before.failProbation(endpoint, cause.losesCache(), nanoClock.getAsLong()));
    }

    private void judge(EndpointId endpoint, FailureCause cause) {
        RequestRecord known = rules.outliers() ? requests.get(endpoint) : null;
        if (known == null) {
            return;
        }
        long now = nanoClock.getAsLong();
        known.failed(now);
        EjectionReason reason = rules.verdict(known, now);
        if (reason != null && current.change(before -> before.fail(endpoint, reason, cause.losesCache(), now))) {
            known.clear();
        }
    }

    /** Called under the pool's lock, so that snapshots appear in the order of the books. */
    private EndpointSnapshot over(EndpointSnapshot discovered) {
        long nowNanos = nanoClock.getAsLong();
        CurrentHealth.Turn turn = current.turn(book -> book.follow(discovered, nowNanos));
        HealthBook before = turn.before();
        HealthBook followed = turn.after();
        current.tellPanic(before, followed);
        followed.all().keySet().forEach(id -> {
            requests.computeIfAbsent(id, known -> new RequestRecord(rules.window()));
            presence.follow(id, nowNanos);
        });
        EndpointSnapshot judged = followed.over(discovered, nowNanos);
        if (!before.all().isEmpty()) {
            for (EndpointId id : followed.all().keySet()) {
                if (before.of(id) == null) {
                    caches.cold(id, judged);
                }
            }
        }
        EndpointSnapshot now = presence.over(judged);
        caches.follow(pool.snapshot(), now);
        return now;
    }

    private void forget(EndpointId id) {
        EndpointId gone = id.server();
        if (current.isListed(gone)) {
            // It is another number of ranks now.
            return;
        }
        requests.remove(gone);
        checks.forget(gone);
        drains.forget(gone);
        presence.forget(gone);
    }
}
