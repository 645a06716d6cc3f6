package dev.warmlane.core.health;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.health.EndpointHealth.Ejected;
import dev.warmlane.core.health.EndpointHealth.EjectionReason;
import dev.warmlane.core.health.EndpointHealth.Probation;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
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
    private final AtomicReference<HealthBook> book;
    private final Map<EndpointId, RequestRecord> requests = new ConcurrentHashMap<>();
    private final Presence presence = new Presence();
    private final HealthNews news;
    private final HealthChecks checks;
    private final Drains drains;
    private volatile @Nullable Predicate<EndpointId> filler;
    private volatile @Nullable Consumer<EndpointId> heirs;

    /**
     * Follows the endpoints of a pool.
     *
     * @param nanoClock elapsed time in nanoseconds, as of {@link System#nanoTime}
     */
    public PoolHealth(EndpointPool pool, HealthRules rules, LongSupplier nanoClock) {
        this.pool = pool;
        this.rules = rules;
        this.nanoClock = nanoClock;
        this.book = new AtomicReference<>(HealthBook.empty(rules));
        this.news = new HealthNews(pool);
        this.checks = new HealthChecks(this, rules, presence, news, nanoClock);
        this.drains = new Drains(this, presence, news);
        pool.overlay(this::over);
        pool.onRemoval(this::forget);
    }

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

    /** The health of an endpoint; null if discovery does not list it as ready. */
    public @Nullable EndpointHealth of(EndpointId endpoint) {
        return book().of(endpoint);
    }

    public void addListener(HealthListener listener) {
        news.add(listener);
    }

    @Override
    public boolean admits(Endpoint endpoint) {
        if (endpoint.state() != EndpointState.PROBATION || claim(endpoint.id())) {
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

    @Override
    public void succeeded(Endpoint endpoint) {
        if (rules.outliers()) {
            RequestRecord known = requests.get(endpoint.id().server());
            if (known != null) {
                known.succeeded(nanoClock.getAsLong());
            }
        }
        if (endpoint.state() == EndpointState.PROBATION) {
            change(before -> before.passProbation(endpoint.id(), nanoClock.getAsLong()));
        }
    }

    @Override
    public void failed(Endpoint endpoint, FailureCause cause) {
        if (cause == FailureCause.CONNECT || cause == FailureCause.RESET) {
            news.tell(listener -> listener.lost(endpoint));
        }
        if (!cause.blamesEndpoint()) {
            undecided(endpoint);
            return;
        }
        news.tell(listener -> listener.failed(endpoint, cause.words()));
        if (endpoint.state() != EndpointState.PROBATION || !failProbation(endpoint.id(), cause)) {
            judge(endpoint.id().server(), cause);
        }
    }

    @Override
    public void undecided(Endpoint endpoint) {
        if (endpoint.state() == EndpointState.PROBATION) {
            change(before -> before.release(endpoint.id()));
        }
    }

    boolean isListed(EndpointId id) {
        return !pool.snapshot().atServerOf(id).isEmpty();
    }

    /** Takes an endpoint out as if it had failed, even if too few are left. Returns whether it was in. */
    public boolean eject(EndpointId endpoint) {
        return change(before -> before.eject(endpoint, nanoClock.getAsLong()));
    }

    /** Ends an ejection or a probation: an operator knows better. Returns whether there was one. */
    public boolean readmit(EndpointId endpoint) {
        RequestRecord known = requests.get(endpoint.server());
        if (known != null) {
            known.clear();
        }
        return change(before -> before.readmit(endpoint, nanoClock.getAsLong()));
    }

    /** Ends ejections whose time is up, and raises the load of starting endpoints. */
    public void tick() {
        boolean changed = change(before -> before.tick(nanoClock.getAsLong()));
        if (!changed && pool.snapshot().hasStarting()) {
            pool.refresh();
        }
        news.tell(HealthListener::ticked);
    }

    /**
     * From now on asks this whether it fills the cache of a server that is new, or comes back with an empty one. While it does, the
     * server gets no requests, as long as enough others do, until {@link #warmed} says that it may. Those that discovery lists first
     * are not asked about: they were there before.
     *
     * @param fills may be called under the pool's lock, so it must not wait; {@link EndpointPool#refresh} shows what was decided
     */
    public void onCold(Predicate<EndpointId> fills) {
        filler = fills;
    }

    /**
     * The cache of a server has what it was to be given, or will not get it: it may get requests.
     *
     * @param warmth share of what it will be asked for that its cache holds now, in [0, 1]: its load begins with that
     * @param answered whether it has computed anything
     */
    public void warmed(EndpointId endpoint, double warmth, boolean answered) {
        if (presence.warms(endpoint.server(), false)
                && !change(before -> before.warmed(endpoint.server(), warmth, answered, nanoClock.getAsLong()))) {
            pool.refresh();
        }
    }

    /** A server has an empty cache. It is not held back where it would leave fewer that take requests than wait. */
    void cold(EndpointId server, EndpointSnapshot snapshot) {
        Predicate<EndpointId> fills = filler;
        Set<EndpointId> waiting = presence.warming();
        if (fills == null || waiting.contains(server)) {
            return;
        }
        if (presence.isDrained(server)) {
            presence.fillLater(server, true);
            return;
        }
        long others = snapshot.selectable().stream()
                .map(endpoint -> endpoint.id().server())
                .filter(id -> !id.equals(server) && !waiting.contains(id))
                .distinct()
                .count();
        if (others > waiting.size()) {
            // First, so that whoever fills it finds it held back.
            presence.warms(server, true);
            if (!fills.test(server)) {
                presence.warms(server, false);
            }
        }
    }

    /**
     * From now on tells this of each server that took requests and is about to end, or was taken out by an operator.
     *
     * @param listener may be called under the pool's lock, so it must not wait
     */
    public void onEnding(Consumer<EndpointId> listener) {
        heirs = listener;
    }

    /**
     * A server says of itself that it is another process than before: its cache is empty. Ignored where that is known already.
     *
     * @param sinceNanos when it was last known to be the former one
     */
    public void restarted(EndpointId endpoint, long sinceNanos) {
        EndpointId server = endpoint.server();
        if (!isListed(server) || presence.emptiedSince(server, sinceNanos)) {
            return;
        }
        boolean comesBack = of(server) instanceof Ejected;
        if (!comesBack) {
            presence.emptied(server, nanoClock.getAsLong());
            news.tell(server, (listener, listed) -> listener.restarted(listed));
            cold(server, pool.snapshot());
        }
        change(before -> before.restarted(server, nanoClock.getAsLong()));
    }

    /** An operator has put a server back, whose cache may have become empty meanwhile. */
    void putBack(EndpointId server) {
        if (presence.fillLater(server, false)) {
            cold(server, pool.snapshot());
        }
    }

    private boolean claim(EndpointId endpoint) {
        return change(before -> before.claim(endpoint, nanoClock.getAsLong()));
    }

    private boolean failProbation(EndpointId endpoint, FailureCause cause) {
        return change(before -> before.failProbation(endpoint, cause.losesCache(), nanoClock.getAsLong()));
    }

    private void judge(EndpointId endpoint, FailureCause cause) {
        RequestRecord known = rules.outliers() ? requests.get(endpoint) : null;
        if (known == null) {
            return;
        }
        long now = nanoClock.getAsLong();
        known.failed(now);
        EjectionReason reason = rules.verdict(known, now);
        if (reason != null && change(before -> before.fail(endpoint, reason, cause.losesCache(), now))) {
            known.clear();
        }
    }

    /** Called under the pool's lock, so that snapshots appear in the order of the books. */
    private EndpointSnapshot over(EndpointSnapshot discovered) {
        long nowNanos = nanoClock.getAsLong();
        HealthBook before;
        HealthBook followed;
        do {
            before = book();
            followed = before.follow(discovered, nowNanos);
        } while (!book.compareAndSet(before, followed));
        news.panic(before, followed);
        followed.all().keySet().forEach(id -> {
            requests.computeIfAbsent(id, known -> new RequestRecord(rules.window()));
            presence.follow(id, nowNanos);
        });
        EndpointSnapshot judged = followed.over(discovered, nowNanos);
        if (filler != null && !before.all().isEmpty()) {
            for (EndpointId id : followed.all().keySet()) {
                if (before.of(id) == null) {
                    cold(id, judged);
                }
            }
        }
        EndpointSnapshot now = presence.over(judged);
        Consumer<EndpointId> listener = heirs;
        if (listener != null) {
            EndpointSnapshot known = pool.snapshot();
            now.endpoints().stream()
                    .filter(endpoint -> endpoint.state().ends() && tookRequests(known.find(endpoint.id())))
                    .map(endpoint -> endpoint.id().server())
                    .distinct()
                    .forEach(listener);
        }
        return now;
    }

    private static boolean tookRequests(@Nullable Endpoint before) {
        return before != null && !before.state().ends() && before.state() != EndpointState.UNREADY;
    }

    boolean change(UnaryOperator<HealthBook> step) {
        HealthBook before;
        HealthBook after;
        do {
            before = book();
            after = step.apply(before);
            if (after == before) {
                return false;
            }
        } while (!book.compareAndSet(before, after));
        HealthBook old = before;
        after.all().forEach((id, health) -> {
            if (old.of(id) instanceof Ejected && health instanceof Probation && health.cacheLost()) {
                presence.emptied(id, nanoClock.getAsLong());
                cold(id, pool.snapshot());
            }
        });
        pool.refresh();
        news.changed(before, after);
        return true;
    }

    private HealthBook book() {
        return Objects.requireNonNull(book.get());
    }

    private void forget(EndpointId id) {
        EndpointId gone = id.server();
        if (isListed(gone)) {
            // It is another number of ranks now.
            return;
        }
        requests.remove(gone);
        checks.forget(gone);
        drains.forget(gone);
        presence.forget(gone);
    }
}
