package dev.warmlane.core.admission;

import dev.warmlane.core.admission.ServiceRate.RetryAdvice;
import dev.warmlane.core.admission.Ticket.Capacity;
import dev.warmlane.core.admission.Ticket.QueuedRequest;
import dev.warmlane.core.admission.Ticket.Refusal;
import dev.warmlane.core.admission.Ticket.Waiter;
import dev.warmlane.core.admission.WaitingQueue.FairTurns;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Lets the requests of one pool wait while its endpoints are full, and admits one whenever another ends. Bounded in length
 * and in time. Safe for concurrent use; never blocks; calls out with no lock held.
 *
 * <p>Implementation notes: the tickets are guarded by their own monitor, held for a few microseconds. One thread at a time admits
 * requests; others that free capacity meanwhile only count a signal, so that a hundred requests ending at once make no queue of
 * threads. A request is queued before capacity is looked at, and whoever frees capacity looks at the queue afterwards: one of the
 * two sees the other, so nobody is forgotten. What changes without a call, such as an endpoint that appears, is seen at the next
 * {@link #tick}.
 */
public final class AdmissionQueue {
    /**
     * How long the queue may get.
     *
     * @param maxEntries requests that wait at a time; 0: none
     * @param maxWait how long one may wait; looked at with each tick
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
    private final Supplier<Capacity> capacity;
    private final LongSupplier nanoClock;
    private final ServiceRate rate;
    private final RetryAdvice advice;
    private final WaitingQueue tickets;
    private final AtomicInteger signals = new AtomicInteger();
    private boolean closed;
    private volatile int waiting;
    private volatile Runnable onWaiting = () -> {};

    /**
     * An empty queue.
     *
     * @param capacity which endpoints can take a request now; called from any thread, must not block
     */
    public AdmissionQueue(Limits limits, Supplier<Capacity> capacity, LongSupplier nanoClock, RandomGenerator random) {
        this.limits = limits;
        this.capacity = capacity;
        this.nanoClock = nanoClock;
        this.rate = new ServiceRate(nanoClock);
        this.advice = new RetryAdvice(rate, limits.maxWait(), random);
        this.tickets = new WaitingQueue(new FairTurns(random.nextLong()));
    }

    /** Calls this, from any thread, when a request waits and none did before: from then on {@link #tick} has work to do. */
    public void onWaiting(Runnable listener) {
        onWaiting = listener;
    }

    /** Whether nobody waits, so that a request may go to any endpoint with capacity without asking here. */
    public boolean isIdle() {
        return waiting == 0;
    }

    /** Requests that wait. */
    public int waiting() {
        return waiting;
    }

    /** How many may wait, and for how long. */
    public Limits limits() {
        return limits;
    }

    /** Requests that ended per second, lately. */
    public double endedPerSecond() {
        return rate.perSecond();
    }

    /**
     * Queues a request. It may be admitted or refused before this returns. A full queue refuses whoever would be served last,
     * which can be one that waits already: so a flood of one client displaces nobody else.
     */
    public Ticket await(QueuedRequest request, Waiter waiter) {
        Ticket ticket;
        Ticket refused = null;
        Refusal.Reason reason = Refusal.Reason.FULL;
        boolean first;
        synchronized (tickets) {
            first = waiting == 0;
            ticket = tickets.add(
                    request, waiter, nanoClock.getAsLong() + limits.maxWait().toNanos());
            if (closed) {
                tickets.giveUp(ticket);
                refused = ticket;
                reason = Refusal.Reason.CLOSED;
            } else if (tickets.size() > limits.maxEntries()) {
                refused = tickets.giveUpLast();
            }
            waiting = tickets.size();
        }
        if (first) {
            onWaiting.run();
        }
        if (refused != null) {
            refuse(refused, reason);
        }
        admit();
        return ticket;
    }

    /** The request waits no longer; its waiter is not called again. Nothing happens if its wait is over. */
    public void leave(Ticket ticket) {
        synchronized (tickets) {
            tickets.giveUp(ticket);
            waiting = tickets.size();
        }
    }

    /** A request has ended: there may be capacity for another. */
    public void ended() {
        rate.ended();
        if (waiting > 0) {
            admit();
        }
    }

    /**
     * Refuses who has waited too long, and looks for capacity that came without a call. To be called several times a second while
     * any request waits.
     */
    public void tick() {
        if (waiting == 0) {
            return;
        }
        List<Ticket> late;
        synchronized (tickets) {
            late = tickets.giveUpLate(nanoClock.getAsLong());
            waiting = tickets.size();
        }
        for (Ticket ticket : late) {
            refuse(ticket, Refusal.Reason.LATE);
        }
        admit();
    }

    /** Refuses all that wait, and from now on whoever would. */
    public void close() {
        List<Ticket> all;
        synchronized (tickets) {
            closed = true;
            all = tickets.giveUpAll();
            waiting = tickets.size();
        }
        for (Ticket ticket : all) {
            refuse(ticket, Refusal.Reason.CLOSED);
        }
    }

    private void refuse(Ticket ticket, Refusal.Reason reason) {
        ticket.waiter.refused(new Refusal(reason, advice.after(waiting)));
    }

    private void admit() {
        if (signals.getAndIncrement() > 0) {
            return;
        }
        int seen = 1;
        try {
            do {
                admitWhileThereIsCapacity();
                seen = signals.addAndGet(-seen);
            } while (seen > 0);
        } catch (RuntimeException | Error broken) {
            // A waiter must not throw; if one does, that must not keep the others out for good.
            signals.set(0);
            throw broken;
        }
    }

    /** Until one finds no capacity after all: there will be another signal, and the others would fare no better now. */
    private void admitWhileThereIsCapacity() {
        Ticket next = takeNext();
        while (next != null && enter(next)) {
            next = takeNext();
        }
    }

    /** Returns whether the next may try: not if this one found no capacity, rather than left meanwhile. */
    private boolean enter(Ticket next) {
        boolean keepsWaiting = false;
        boolean tooLate = false;
        try {
            keepsWaiting = !next.waiter.enter();
        } finally {
            synchronized (tickets) {
                if (!keepsWaiting) {
                    tickets.served(next);
                } else if (closed) {
                    // While it was taken out, nobody could refuse it.
                    tooLate = tickets.giveUp(next);
                } else {
                    keepsWaiting = tickets.restore(next);
                }
                waiting = tickets.size();
            }
        }
        if (tooLate) {
            refuse(next, Refusal.Reason.CLOSED);
        }
        return !keepsWaiting;
    }

    private @Nullable Ticket takeNext() {
        if (waiting == 0) {
            return null;
        }
        Capacity now = capacity.get();
        if (now.isEmpty()) {
            return null;
        }
        synchronized (tickets) {
            return tickets.next(now);
        }
    }
}
