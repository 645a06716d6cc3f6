package dev.warmlane.core.admission;

import com.dynatrace.hash4j.hashing.Hashing;

/**
 * Hands out turns so that clients share the service evenly however many requests each has waiting: a client's n-th waiting
 * request comes after everybody's n-1st. Not thread-safe.
 *
 * <p>Start-time fair queueing with a cost of one a request: the turn is the later of the current one and the client's last
 * plus one (Goyal, Vin and Cheng, "Start-time Fair Queuing", SIGCOMM 1996). Clients are kept as so many hash buckets, in
 * bounded memory; two that fall into one bucket share its turns (McKenney, "Stochastic Fairness Queueing", INFOCOM 1990). The
 * seed keeps anybody from choosing whom to fall together with.
 */
final class FairTurns {
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
