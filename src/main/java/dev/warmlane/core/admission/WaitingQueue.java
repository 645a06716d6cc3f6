package dev.warmlane.core.admission;

import com.dynatrace.hash4j.hashing.Hashing;
import dev.warmlane.core.admission.AdmissionQueue.Capacity;
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
 * <p>First in turn is not always first to go: a request that has its cache elsewhere lets one of the next go first whose
 * bound endpoint has room, a bounded number of times. Else at saturation, where one endpoint at a time has room, every
 * session would be carried off from its cache, and the computing of what was cached would take the room of new requests. The
 * idea is that of delay scheduling (Zaharia et al., EuroSys 2010): waiting for a few others to end, out of many that are
 * running, costs less than starting cold.
 */
final class WaitingQueue {
    /** Of requests bound at random, all but e^-4 = 2 % find theirs within so many rooms; the same for rooms and requests. */
    private static final int PATIENCE_PER_ENDPOINT = 4;

    private final NavigableSet<Ticket> inTurn = new TreeSet<>(Ticket.BY_TURN);
    private final FairTurns turns;
    private long places;
    private int size;

    WaitingQueue(FairTurns turns) {
        this.turns = turns;
    }

    /** Places that are not over, those that have been taken out to enter included. */
    int size() {
        return size;
    }

    Ticket add(QueuedRequest claim, Waiter entrant, long lateAtNanos) {
        long turn = claim.retry() ? 0 : turns.take(claim.client());
        Ticket place = new Ticket(claim, entrant, turn, places++, lateAtNanos);
        inTurn.add(place);
        size++;
        return place;
    }

    /** Takes out who goes next to where there is room, or null if nobody can. */
    @Nullable
    Ticket next(Capacity room) {
        int patience = PATIENCE_PER_ENDPOINT * room.endpoints();
        int looked = 0;
        Ticket first = null;
        Ticket chosen = null;
        for (Ticket place : inTurn) {
            if (first != null && (++looked > patience || !place.claim.ranksAs(first.claim))) {
                break;
            }
            if (!room.admits(place.claim)) {
                continue;
            }
            if (room.suits(place.claim)) {
                chosen = place;
                break;
            }
            if (first == null) {
                first = place;
                if (place.passedOver >= patience) {
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

    /** Puts one back that was taken out and found no room, unless it is over meanwhile. */
    void restore(Ticket place) {
        if (!place.over) {
            inTurn.add(place);
        }
    }

    /** The place is over because its request is being served. */
    void served(Ticket place) {
        if (end(place) && !place.claim.retry()) {
            turns.served(place.turn);
        }
    }

    /**
     * The place is over without having been served.
     *
     * @return false if it was over already
     */
    boolean giveUp(Ticket place) {
        if (!end(place)) {
            return false;
        }
        inTurn.remove(place);
        if (!place.claim.retry()) {
            turns.giveBack(place.claim.client());
        }
        return true;
    }

    /** Gives up whoever would be served last. */
    Ticket giveUpLast() {
        Ticket last = inTurn.last();
        giveUp(last);
        return last;
    }

    /** Gives up everybody who is not just being let in. */
    List<Ticket> giveUpAll() {
        List<Ticket> all = List.copyOf(inTurn);
        all.forEach(this::giveUp);
        return all;
    }

    /** Gives up all that have waited too long. */
    List<Ticket> giveUpLate(long nowNanos) {
        List<Ticket> late = new ArrayList<>();
        for (Ticket place : inTurn) {
            if (nowNanos - place.lateAtNanos >= 0) {
                late.add(place);
            }
        }
        late.forEach(this::giveUp);
        return late;
    }

    private boolean end(Ticket place) {
        if (place.over) {
            return false;
        }
        place.over = true;
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
