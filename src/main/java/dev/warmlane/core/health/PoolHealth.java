package dev.warmlane.core.health;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.endpoint.EndpointState;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The health of one pool's servers, by their requests and health checks; the pool's snapshot combines it with what discovery
 * lists. What happens at one rank of a server is of the server: whoever names the rank may name the server as well, and
 * listeners hear of each of its ranks. {@link #tick} is to be called about once a second. Safe for concurrent use; a request that succeeds takes no lock.
 */
public final class PoolHealth implements HealthWatch {
    private final EndpointPool pool;
    private final HealthRules rules;
    private final LongSupplier nanoClock;
    private final AtomicReference<HealthBook> book;
    private final Map<EndpointId, RequestRecord> requests = new ConcurrentHashMap<>();
    private final Map<EndpointId, CheckStreak> checks = new ConcurrentHashMap<>();
    private final Presence presence = new Presence();
    private volatile BiConsumer<EndpointId, Drain> onDrain = (endpoint, said) -> {};
    private final List<HealthListener> listeners = new CopyOnWriteArrayList<>();

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
        pool.overlay(this::over);
        pool.onRemoval(this::forget);
    }

    public EndpointPool pool() {
        return pool;
    }

    /** The health of an endpoint; null if discovery does not list it as ready. */
    public @Nullable EndpointHealth of(EndpointId endpoint) {
        return book().of(endpoint);
    }

    public void addListener(HealthListener listener) {
        listeners.add(listener);
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
            listeners.forEach(listener -> listener.lost(endpoint));
        }
        if (!cause.blamesEndpoint()) {
            undecided(endpoint);
            return;
        }
        listeners.forEach(listener -> listener.failed(endpoint, cause.words()));
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

    /**
     * A health check of an endpoint has ended. One that passes ends a suspicion.
     *
     * @param failure why it failed, or null if it passed
     * @param sinceNanos when it began, on this object's clock
     */
    public void checked(EndpointId endpoint, @Nullable FailureCause failure, long sinceNanos) {
        checked(endpoint, failure, failure == null ? "200" : failure.words(), sinceNanos);
    }

    private void checked(EndpointId id, @Nullable FailureCause failure, String answer, long sinceNanos) {
        EndpointId endpoint = id.server();
        CheckStreak streak = checks.computeIfAbsent(endpoint, added -> new CheckStreak());
        int inARow = streak.add(failure == null);
        long now = nanoClock.getAsLong();
        streak.last = new LastCheck(answer, failure == null, now - sinceNanos, now);
        if (failure != null) {
            boolean fell = inARow >= rules.checkFall();
            change(before -> before.checkFailed(endpoint, fell, failure.losesCache(), nanoClock.getAsLong()));
            tell(
                    endpoint,
                    listed -> listeners.forEach(listener ->
                            listener.checkFailed(listed, failure, inARow, !presence.heardSince(endpoint, sinceNanos))));
        } else {
            suspect(endpoint, false);
            if (inARow >= rules.checkRise()) {
                change(before -> before.checkRose(endpoint));
            }
        }
        if (!isListed(endpoint)) {
            checks.remove(endpoint);
        }
    }

    /**
     * A health check of an endpoint has failed.
     *
     * @param why a few words without addresses or content
     * @param sinceNanos when it began, on this object's clock
     */
    public void checkFailed(EndpointId endpoint, FailureCause cause, String why, long sinceNanos) {
        tell(endpoint, listed -> listeners.forEach(listener -> listener.failed(listed, why)));
        checked(endpoint, cause, why, sinceNanos);
    }

    /** Tells the log something about an endpoint. */
    public void note(Endpoint endpoint, String what, @Nullable String why) {
        listeners.forEach(listener -> listener.noted(endpoint, what, why));
    }

    /** A health check found that nobody listens at an endpoint. */
    public void refused(EndpointId endpoint) {
        tell(endpoint, listed -> listeners.forEach(listener -> listener.refused(listed)));
    }

    /**
     * A health check of an endpoint is late. If nothing has come from it since the check began, it is suspected of hanging, and
     * gets no requests as long as others do.
     *
     * @return whether that is news
     */
    public boolean late(EndpointId endpoint, long sinceNanos) {
        return !presence.heardSince(endpoint.server(), sinceNanos) && suspect(endpoint.server(), true);
    }

    /** Whether the engine of an endpoint sleeps, as it says itself. */
    public void sleeps(EndpointId endpoint, boolean asleep) {
        if (isListed(endpoint) && presence.sleeps(endpoint.server(), asleep)) {
            pool.refresh();
            tell(endpoint, listed -> listeners.forEach(listener -> listener.slept(listed, asleep)));
        }
    }

    private boolean suspect(EndpointId endpoint, boolean suspected) {
        boolean news = (!suspected || isListed(endpoint)) && presence.suspect(endpoint, suspected);
        if (news) {
            pool.refresh();
        }
        return news;
    }

    private void tell(EndpointId id, Consumer<Endpoint> news) {
        pool.snapshot().atServerOf(id).forEach(news);
    }

    private boolean isListed(EndpointId id) {
        return !pool.snapshot().atServerOf(id).isEmpty();
    }

    /**
     * Whether operators have taken an endpoint out.
     *
     * @param drained if not, they have put it back
     * @param atMillis when they said so, in milliseconds since 1970; of two, the later counts
     */
    public record Drain(boolean drained, long atMillis) {}

    /**
     * The last check of an endpoint that ended.
     *
     * @param answer what came of it, in a few words without addresses or content
     * @param passed whether that was well
     * @param tookNanos how long it took
     * @param endedNanos when it ended, on this object's clock
     */
    public record LastCheck(String answer, boolean passed, long tookNanos, long endedNanos) {}

    /**
     * Takes a server out of use, or puts it back, whoever says so. It finishes what it has.
     *
     * @return whether that is news
     */
    public boolean drain(EndpointId endpoint, Drain said) {
        if (!isListed(endpoint) || !presence.drain(endpoint.server(), said)) {
            return false;
        }
        pool.refresh();
        tell(
                endpoint,
                listed -> note(listed, said.drained() ? "drained by an operator" : "put back by an operator", null));
        return true;
    }

    /** The same at all replicas. */
    public boolean drainEverywhere(EndpointId endpoint, Drain said) {
        boolean news = drain(endpoint, said);
        if (news) {
            onDrain.accept(endpoint.server(), said);
        }
        return news;
    }

    /** Tells this what operators say here, so that others hear of it; instead of what was told before. */
    public void onDrain(BiConsumer<EndpointId, Drain> listener) {
        onDrain = listener;
    }

    /** What operators said last of each server that they said anything of. */
    public Map<EndpointId, Drain> drains() {
        return Map.copyOf(presence.drains());
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

    /** The last check of an endpoint; null before the first. */
    public @Nullable LastCheck lastCheck(EndpointId endpoint) {
        CheckStreak streak = checks.get(endpoint.server());
        return streak == null ? null : streak.last;
    }

    /** Ends ejections whose time is up, and raises the load of starting endpoints. */
    public void tick() {
        boolean changed = change(before -> before.tick(nanoClock.getAsLong()));
        if (!changed && pool.snapshot().hasStarting()) {
            pool.refresh();
        }
        listeners.forEach(HealthListener::ticked);
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
        long now = nanoClock.getAsLong();
        HealthBook before;
        HealthBook followed;
        do {
            before = book();
            followed = before.follow(discovered, now);
        } while (!book.compareAndSet(before, followed));
        announcePanic(before, followed);
        followed.all().keySet().forEach(id -> {
            requests.computeIfAbsent(id, known -> new RequestRecord(rules.window()));
            presence.follow(id, now);
        });
        return presence.over(followed.over(discovered, now));
    }

    private boolean change(UnaryOperator<HealthBook> step) {
        HealthBook before;
        HealthBook after;
        do {
            before = book();
            after = step.apply(before);
            if (after == before) {
                return false;
            }
        } while (!book.compareAndSet(before, after));
        pool.refresh();
        announce(before, after);
        return true;
    }

    private void announce(HealthBook before, HealthBook after) {
        EndpointSnapshot snapshot = pool.snapshot();
        after.all().forEach((id, now) -> {
            EndpointHealth was = Objects.requireNonNull(before.of(id));
            if (was.getClass() != now.getClass()) {
                snapshot.atServerOf(id)
                        .forEach(endpoint -> listeners.forEach(listener -> listener.changed(endpoint, was, now)));
            }
        });
        announcePanic(before, after);
    }

    private void announcePanic(HealthBook before, HealthBook after) {
        if (before.isPanic() != after.isPanic()) {
            int endpoints = after.all().size();
            listeners.forEach(listener -> listener.panic(after.isPanic(), endpoints - after.out(), endpoints));
        }
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
        checks.remove(gone);
        presence.forget(gone);
    }

    /** How many health checks of an endpoint in a row had the same result. */
    private static final class CheckStreak {
        private boolean passing;
        private int length;
        private volatile @Nullable LastCheck last;

        /** Adds a result; returns the length of the streak, at least 1. */
        synchronized int add(boolean passed) {
            length = passed == passing && length < Integer.MAX_VALUE ? length + 1 : 1;
            passing = passed;
            return length;
        }
    }
}
