package dev.warmlane.core.admission;

import dev.warmlane.core.admission.ServiceRate.RetryAdvice;
import dev.warmlane.core.admission.Ticket.QueuedRequest;
import dev.warmlane.core.admission.Ticket.Refusal;
import dev.warmlane.core.admission.Ticket.Waiter;
import dev.warmlane.core.admission.WaitingQueue.FairTurns;
import dev.warmlane.core.endpoint.EndpointId;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Lets the requests of one pool wait while its endpoints are full, and lets one in whenever another ends. Bounded in length
 * and in time. Safe for concurrent use; never blocks; calls out with no lock held.
 *
 * <p>Implementation notes: the line is guarded by its own monitor, held for the few microseconds of a look at it. One thread
 * at a time lets requests in; others that have made room meanwhile leave it a note (a counter) and go on, so that a hundred
 * requests ending at once make no queue of threads. A request is put in line before the room is looked at, and whoever makes
 * room looks at the line after making it: one of the two sees the other, so nobody is forgotten. What changes without anybody
 * saying so, such as an endpoint that appears, is seen at the next {@link #tick}.
 */
public final class AdmissionQueue {
    /**
     * How long a line may get.
     *
     * @param maxEntries requests that wait at a time; 0 lets nobody wait
     * @param maxWait how long one may wait, to the precision of the ticks
     */
    public record Limits(int maxEntries, Duration maxWait) {
        public Limits {
            if (maxEntries < 0) {
                throw new IllegalArgumentException("max-entries: %d (expected: at least 0)".formatted(maxEntries));
            }
            if (maxWait.isZero() || maxWait.isNegative()) {
                throw new IllegalArgumentException("max-wait: %s (expected: > 0)".formatted(maxWait));
            }
        }
    }

    private final Limits limits;
    private final Supplier<Capacity> room;
    private final LongSupplier nanoClock;
    private final ServiceRate rate;
    private final RetryAdvice advice;
    private final WaitingQueue line;
    private final AtomicInteger occasions = new AtomicInteger();
    private boolean closed;
    private volatile int waiting;
    private volatile Runnable onWaiting = () -> {};

    /**
     * An empty line.
     *
     * @param room where there is room now; called from any thread, must not block
     */
    public AdmissionQueue(Limits limits, Supplier<Capacity> room, LongSupplier nanoClock, RandomGenerator random) {
        this.limits = limits;
        this.room = room;
        this.nanoClock = nanoClock;
        this.rate = new ServiceRate(nanoClock);
        this.advice = new RetryAdvice(rate, limits.maxWait(), random);
        this.line = new WaitingQueue(new FairTurns(random.nextLong()));
    }

    /** Calls this, from any thread, when a request waits and none did before: from then on {@link #tick} has work to do. */
    public void onWaiting(Runnable listener) {
        onWaiting = listener;
    }

    /** Whether nobody waits, so that a request may take room where it finds some without asking here. */
    public boolean isIdle() {
        return waiting == 0;
    }

    /** Requests that wait. */
    public int waiting() {
        return waiting;
    }

    public Limits limits() {
        return limits;
    }

    /** Requests that ended per second, lately. */
    public double endedPerSecond() {
        return rate.perSecond();
    }

    /**
     * Waits for room. The entrant may be let in or refused before this returns. A full line refuses whoever would be served
     * last, which can be one that is in it: so a flood of one client takes no place from another.
     */
    public Ticket await(QueuedRequest claim, Waiter entrant) {
        Ticket place;
        Ticket refused = null;
        Refusal.Reason reason = Refusal.Reason.FULL;
        boolean first;
        synchronized (line) {
            first = waiting == 0;
            place = line.add(
                    claim, entrant, nanoClock.getAsLong() + limits.maxWait().toNanos());
            if (closed) {
                line.giveUp(place);
                refused = place;
                reason = Refusal.Reason.CLOSED;
            } else if (line.size() > limits.maxEntries()) {
                refused = line.giveUpLast();
            }
            waiting = line.size();
        }
        if (first) {
            onWaiting.run();
        }
        if (refused != null) {
            refuse(refused, reason);
        }
        letIn();
        return place;
    }

    /** The request does not wait any more; its entrant is not called again. Nothing happens if its waiting is over. */
    public void leave(Ticket place) {
        synchronized (line) {
            line.giveUp(place);
            waiting = line.size();
        }
    }

    /** A request has ended: there may be room for another. */
    public void ended() {
        rate.ended();
        if (waiting > 0) {
            letIn();
        }
    }

    /**
     * Refuses who has waited too long, and looks for room that nobody told of. To be called several times a
     * second while any request waits.
     */
    public void tick() {
        if (waiting == 0) {
            return;
        }
        List<Ticket> late;
        synchronized (line) {
            late = line.giveUpLate(nanoClock.getAsLong());
            waiting = line.size();
        }
        for (Ticket place : late) {
            refuse(place, Refusal.Reason.LATE);
        }
        letIn();
    }

    /** Refuses all that wait, and from now on whoever would. */
    public void close() {
        List<Ticket> all;
        synchronized (line) {
            closed = true;
            all = line.giveUpAll();
            waiting = line.size();
        }
        for (Ticket place : all) {
            refuse(place, Refusal.Reason.CLOSED);
        }
    }

    private void refuse(Ticket place, Refusal.Reason reason) {
        place.entrant.refused(new Refusal(reason, advice.after(waiting)));
    }

    private void letIn() {
        if (occasions.getAndIncrement() > 0) {
            return;
        }
        int seen = 1;
        try {
            do {
                letInWhileThereIsRoom();
                seen = occasions.addAndGet(-seen);
            } while (seen > 0);
        } catch (RuntimeException | Error broken) {
            // An entrant that throws has broken its word; that must not keep the others out for good.
            occasions.set(0);
            throw broken;
        }
    }

    /** Until one finds no room after all: there will be another occasion, and the others would fare no better now. */
    private void letInWhileThereIsRoom() {
        Ticket next = takeNext();
        while (next != null && enter(next)) {
            next = takeNext();
        }
    }

    private boolean enter(Ticket next) {
        boolean keepsPlace = false;
        try {
            keepsPlace = !next.entrant.enter();
            return !keepsPlace;
        } finally {
            synchronized (line) {
                if (keepsPlace) {
                    line.restore(next);
                } else {
                    line.served(next);
                }
                waiting = line.size();
            }
        }
    }

    private @Nullable Ticket takeNext() {
        if (waiting == 0) {
            return null;
        }
        Capacity now = room.get();
        if (now.isEmpty()) {
            return null;
        }
        synchronized (line) {
            return line.next(now);
        }
    }

    /**
     * The endpoints that can take one more request at this moment. Immutable.
     *
     * @param open those that anybody may go to
     * @param boundOnly those that only take requests bound to them, because they drain
     * @param full those that will take requests again when one of theirs has ended
     * @param endpoints how many endpoints the pool has, full ones included
     */
    public record Capacity(Set<EndpointId> open, Set<EndpointId> boundOnly, Set<EndpointId> full, int endpoints) {
        public Capacity {
            open = Set.copyOf(open);
            boundOnly = Set.copyOf(boundOnly);
            full = Set.copyOf(full);
        }

        boolean isEmpty() {
            return open.isEmpty() && boundOnly.isEmpty();
        }

        /** Whether there is room that this request can use. */
        boolean admits(QueuedRequest claim) {
            if (hasBoundEndpointOf(claim)) {
                return true;
            }
            if (claim.boundOnly() && full.contains(claim.boundEndpoint())) {
                return false;
            }
            for (EndpointId endpoint : open) {
                if (!claim.tried().contains(endpoint)) {
                    return true;
                }
            }
            return false;
        }

        /** Whether it is as well served now as it would be by waiting on. */
        boolean suits(QueuedRequest claim) {
            return claim.boundEndpoint() == null
                    || claim.tried().contains(claim.boundEndpoint())
                    || hasBoundEndpointOf(claim);
        }

        private boolean hasBoundEndpointOf(QueuedRequest claim) {
            EndpointId bound = claim.boundEndpoint();
            return bound != null
                    && !claim.tried().contains(bound)
                    && (open.contains(bound) || boundOnly.contains(bound));
        }
    }
}
