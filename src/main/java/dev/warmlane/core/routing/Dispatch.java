package dev.warmlane.core.routing;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.health.HealthWatch;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.routing.InFlight.Lease;
import dev.warmlane.core.routing.KeyBindings.Before;
import dev.warmlane.core.routing.PoolAverages.UsageReport;
import dev.warmlane.core.routing.RoutingDecision.Candidate;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A request on its way to an endpoint. Its owner reports what becomes of it and closes it in the end, from any thread; closing it
 * again changes nothing.
 */
public final class Dispatch implements AutoCloseable {
    private final RoutingDecision decision;
    private final boolean leg;
    private volatile @Nullable Dispatch prefill;
    private volatile boolean transferred;
    private volatile boolean erred;
    private volatile boolean blamed;
    private volatile boolean full;
    private final Router router;
    private final Lease lease;
    private final HealthWatch health;
    private final DecisionLog.Entry entry;
    private final EndpointTallies.Tally tally;
    private final long openedNanos;
    private final Before before;
    private volatile boolean unbound;

    /**
     * @param leg whether it computes the prompt of another
     * @param prefill the leg that computes its prompt, which is closed with it; null: its endpoint does
     * @param before what was bound before it
     */
    Dispatch(
            RoutingDecision decision,
            boolean leg,
            @Nullable Dispatch prefill,
            Router router,
            Lease lease,
            HealthWatch health,
            DecisionLog.Entry entry,
            Before before) {
        this.decision = decision;
        this.leg = leg;
        this.prefill = prefill;
        this.router = router;
        this.lease = lease;
        this.health = health;
        this.entry = entry;
        this.tally = router.memory().tallies().opened(decision.endpoint().id());
        this.openedNanos = router.memory().nanoTime();
        this.before = before;
    }

    /** The decision that it follows. */
    public RoutingDecision decision() {
        return decision;
    }

    /** The leg that computes the prompt first, at an endpoint of its own where it counts; null: the endpoint computes it. */
    public @Nullable Dispatch prefill() {
        return prefill;
    }

    /**
     * Replaces a prefill leg that failed by another one. Null if no endpoint takes it; then this dispatch has none any more. Called by
     * its owner, who closes only this dispatch.
     *
     * @param tried endpoints that are not to be asked
     */
    public @Nullable Dispatch prefillAgain(Set<EndpointId> tried) {
        closePrefill();
        prefill = router.prefillAgain(decision, tried);
        return prefill;
    }

    /** The prompt has been computed elsewhere, and the endpoint fetches it. */
    public void transferred() {
        transferred = true;
    }

    /** Nobody has computed the prompt for the endpoint, or it could not fetch it: it computes it itself. By its owner. */
    public void recomputes() {
        transferred = false;
        closePrefill();
        prefill = null;
        Candidate weighed = decision.chosen();
        lease.computes(weighed == null ? decision.promptTokens() : weighed.uncachedTokens());
    }

    DecisionLog.Entry entry() {
        return entry;
    }

    /** Where the request is sent. */
    public Endpoint endpoint() {
        return decision.endpoint();
    }

    /** A byte has come from the endpoint. */
    public void heard() {
        health.heard(endpoint());
    }

    /** The endpoint responded with this HTTP status. */
    public void responded(int status) {
        entry.responded(status);
    }

    /** The endpoint has sent response headers that the client will see. */
    public void accepted() {
        router.memory().accepted(decision);
    }

    /** The first byte of the response came back: the prefill is over. */
    public void firstByte() {
        if (lease.firstByte()) {
            closePrefill();
            entry.firstByte(router.memory().nanoTime() - openedNanos);
            health.succeeded(endpoint());
        }
    }

    /** The first byte of a stream came back, and with it the first token: how long that took is learned. */
    public void firstToken() {
        if (lease.firstByte()) {
            closePrefill();
            long nanos = router.memory().nanoTime() - openedNanos;
            entry.firstByte(nanos);
            tally.firstToken(nanos);
            learn(nanos);
            health.succeeded(endpoint());
        }
    }

    private void learn(long nanos) {
        if (decision.prefill() == null) {
            router.notes().firstToken(decision, nanos);
            return;
        }
        Dispatch computed = prefill;
        Long computedNanos = computed == null ? null : computed.entry.firstByteNanos();
        // A leg that has computed nothing says nothing of transfers.
        if (computed != null && computedNanos != null) {
            router.notes().transferred(decision, openedNanos + nanos - computed.openedNanos - computedNanos);
        }
    }

    /** The response is complete and its usage known. */
    public void delivered(UsageReport usage) {
        entry.delivered(usage);
        if (transferred) {
            // What was cached, and where, the leg has said.
            router.notes().generated(decision, usage);
            return;
        }
        if (leg) {
            router.notes().prefilled(decision, usage);
        } else {
            router.notes().delivered(decision, usage);
        }
    }

    /** The response is complete and says nothing of its usage. */
    public void unreported() {
        router.notes().unreported(decision);
    }

    /** The error that the endpoint responded with says that its queue is full, and so nothing against it. Before {@link #refused}. */
    public void full() {
        full = true;
    }

    /**
     * The endpoint responded with an error, which the client gets: it computed nothing that is worth remembering.
     *
     * @param status the HTTP status, 400 to 599, or what it would be if it had not gone out before
     */
    public void refused(int status) {
        unbind();
        router.memory().failed(decision);
        if (status >= 500) {
            erred();
        }
        if (!lease.firstByte()) {
            return;
        }
        if (FailureCause.isUnavailable(status)) {
            blame(full ? FailureCause.FULL : FailureCause.UNAVAILABLE);
        } else if (status < 500) {
            health.succeeded(endpoint());
        } else {
            // A server at work can answer 500 to a request that it cannot compute, a broken one to all of them.
            health.undecided(endpoint());
        }
    }

    /** The endpoint did not take the request, which may go to another. */
    public void failed(FailureCause cause) {
        unbind();
        router.memory().failed(decision);
        tally.moveOn();
        erred();
        entry.failed(cause);
        lease.close();
        closePrefill();
        blame(cause);
    }

    /** The endpoint has not taken the request: its key is bound as it was before, once. */
    void unbind() {
        if (!unbound) {
            unbound = true;
            router.notes().unbound(decision, before);
        }
    }

    /** The response broke off after it had begun. */
    public void brokeOff(FailureCause cause) {
        entry.failed(cause);
        erred();
        blame(cause);
    }

    /**
     * The response is a stream that ended with an error of the engine's. Its tokens were a success; how the endpoint is, the next
     * requests tell. One that had no token was {@linkplain #refused refused}.
     */
    public void endedInError() {
        entry.failed(FailureCause.OTHER);
        erred();
    }

    /** A request counts as one error, however much of its response went wrong. */
    private void erred() {
        if (!erred) {
            erred = true;
            tally.error();
        }
    }

    /** A request counts against its endpoint once, though an error that it responds with may break off as well. */
    private void blame(FailureCause cause) {
        if (!blamed) {
            blamed = cause.blamesEndpoint();
            health.failed(endpoint(), cause);
        }
    }

    /** The request is over, whatever way. */
    @Override
    public void close() {
        closePrefill();
        if (lease.close()) {
            health.undecided(endpoint());
        }
    }

    private void closePrefill() {
        Dispatch computing = prefill;
        if (computing != null) {
            computing.close();
        }
    }
}
