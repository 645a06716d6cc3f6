package dev.warmlane.core.admission;

import com.dynatrace.hash4j.hashing.Hashing;
import dev.warmlane.core.admission.Ticket.Capacity;
import dev.warmlane.core.admission.Ticket.QueuedRequest;
import dev.warmlane.core.admission.Ticket.Waiter;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The tickets of waiting requests, in the order in which they are served. Not thread-safe.
 *
 * <p>First in turn is not always first to go: a request whose cache is elsewhere lets one of the next go first whose bound
 * endpoint has capacity, a bounded number of times. Otherwise, at saturation, where one endpoint at a time has capacity, every
 * session would leave its cache, and recomputing what was cached would take the capacity of new requests. The idea is that of
 * delay scheduling (Zaharia et al., EuroSys 2010): waiting for a few of many running requests to end costs less than starting
 * cold.
 */
final class WaitingQueue {
    /** Of requests bound at random, all but e^-4 = 2 % find their endpoint among so many that have capacity, and the other way round. */
    private static final int PATIENCE_PER_ENDPOINT = 4;

    private final NavigableSet<Ticket> inTurn = new TreeSet<>(Ticket.BY_TURN);
    private final FairTurns turns;
    private long issued;
    private int size;

    WaitingQueue(FairTurns turns) {
        this.turns = turns;
    }

    /** Tickets that are not over, those taken out to enter included. */
    int size() {
        return size;
    }

    Ticket add(QueuedRequest request, Waiter waiter, long lateAtNanos) {
        long turn = request.retry() ? 0 : turns.take(request.client());
        Ticket ticket = new Ticket(request, waiter, turn, issued++, lateAtNanos);
        inTurn.add(ticket);
        size++;
        return ticket;
    }

    /** Takes out the ticket of whoever goes next; null if nobody can. */
    @Nullable
    Ticket next(Capacity capacity) {
        int patience = PATIENCE_PER_ENDPOINT * capacity.endpoints();
        int looked = 0;
        Ticket first = null;
        Ticket chosen = null;
        for (Ticket ticket : inTurn) {
            if (first != null && (++looked > patience || !ticket.request.ranksAs(first.request))) {
                break;
            }
            if (!capacity.admits(ticket.request)) {
                continue;
            }
            if (capacity.suits(ticket.request)) {
                chosen = ticket;
                break;
            }
            if (first == null) {
                first = ticket;
                if (ticket.passedOver >= patience) {
                    break;
                }
            }
        }
        if (chosen == null) {
            chosen = first;
        } else if (first != null) {
            first.passedOver++;
        }
        if (chosen != null) {
            inTurn.remove(chosen);
        }
        return chosen;
    }

    /**
     * Puts back a ticket that was taken out and found no capacity.
     *
     * @return false if it is over meanwhile
     */
    boolean restore(Ticket ticket) {
        return !ticket.over && inTurn.add(ticket);
    }

    /** The ticket is over because its request is being served. */
    void served(Ticket ticket) {
        if (end(ticket) && !ticket.request.retry()) {
            turns.served(ticket.turn);
        }
    }

    /**
     * The ticket is over without having been served.
     *
     * @return false if it was over already
     */
    boolean giveUp(Ticket ticket) {
        if (!end(ticket)) {
            return false;
        }
        inTurn.remove(ticket);
        if (!ticket.request.retry()) {
            turns.giveBack(ticket.request.client());
        }
        return true;
    }

    /** Gives up whoever would be served last. */
    Ticket giveUpLast() {
        Ticket last = inTurn.last();
        giveUp(last);
        return last;
    }

    /** Gives up everybody who is not just being admitted. */
    List<Ticket> giveUpAll() {
        List<Ticket> all = List.copyOf(inTurn);
        all.forEach(this::giveUp);
        return all;
    }

    /** Gives up all that have waited too long. */
    List<Ticket> giveUpLate(long nowNanos) {
        List<Ticket> late = new ArrayList<>();
        for (Ticket ticket : inTurn) {
            if (nowNanos - ticket.lateAtNanos >= 0) {
                late.add(ticket);
            }
        }
        late.forEach(this::giveUp);
        return late;
    }

    private boolean end(Ticket ticket) {
        if (ticket.over) {
            return false;
        }
        ticket.over = true;
        size--;
        return true;
    }

    /**
     * Hands out turns so that clients share the service evenly however many requests each has waiting: a client's n-th waiting
     * request comes after everybody's n-1st. Not thread-safe.
     *
     * <p>Start-time fair queueing with a cost of one a request: the turn is the later of the current one and the client's last
     * plus one (Goyal, Vin and Cheng, "Start-time Fair Queuing", SIGCOMM 1996). Clients are kept as so many hash buckets, in
     * bounded memory; two that fall into one bucket share its turns (McKenney, "Stochastic Fairness Queueing", INFOCOM 1990). The
     * seed keeps anybody from choosing whom to fall together with.
     */
    static final class FairTurns {
        private static final int BUCKETS = 4096;

        private final long[] nextTurn = new long[BUCKETS];
        private final long seed;
        private long currentTurn;

        FairTurns(long seed) {
            this.seed = seed;
        }

        long take(long client) {
            int bucket = bucket(client);
            long turn = Math.max(currentTurn, nextTurn[bucket]);
            nextTurn[bucket] = turn + 1;
            return turn;
        }

        /** The request of this turn is being served. */
        void served(long turn) {
            currentTurn = Math.max(currentTurn, turn);
        }

        /** A turn of this client will not be used: nothing is charged for it. */
        void giveBack(long client) {
            nextTurn[bucket(client)]--;
        }

        private int bucket(long client) {
            return (int) Hashing.xxh3_64().hashLongLongToLong(seed, client) & (BUCKETS - 1);
        }
    }
}
