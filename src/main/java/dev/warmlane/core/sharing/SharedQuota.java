package dev.warmlane.core.sharing;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What clients take of their limits at all replicas. Whoever grants something {@linkplain #tell tells} it and hears what others
 * granted; it knows how many share a limit, and which of what it told has reached them all: it tells in numbered rounds, which the
 * others confirm. What waits to be told is one sum a client, so nothing is ever dropped. Safe for concurrent use.
 */
public final class SharedQuota {
    private final Supplier<Collection<String>> others;
    private final Runnable onTell;
    private final ConcurrentHashMap<Long, Taken> untold = new ConcurrentHashMap<>();
    private final AtomicLong rounds = new AtomicLong();
    private final Map<String, Long> heard = new ConcurrentHashMap<>();
    private final Map<String, Long> unconfirmed = new ConcurrentHashMap<>();
    private volatile @Nullable Accounts accounts;

    /**
     * Nothing is told yet.
     *
     * @param others the ids of the replicas that are heard of, without this one
     * @param onTell runs when there is something to {@link #gather}
     */
    SharedQuota(Supplier<Collection<String>> others, Runnable onTell) {
        this.others = others;
        this.onTell = onTell;
    }

    /** The hash that stands for a client, the same on every replica. */
    public static long hash(String client) {
        return MessageWriter.hash(client);
    }

    /** Replicas that are heard of, this one included; at least 1. */
    public int replicas() {
        return others.get().size() + 1;
    }

    /**
     * Tells the others what a client took here, gathered with what it took since they were told last.
     *
     * @return the round in which they are told
     */
    public long tell(Taken taken) {
        untold.merge(taken.client(), taken, Taken::plus);
        // Read afterwards: a round that began meanwhile may have missed it, an earlier one has not.
        long round = rounds.get() + 1;
        onTell.run();
        return round;
    }

    /** The last round that all others have heard; where there are no others, one that is never reached. */
    public long heardRound() {
        long least = Long.MAX_VALUE;
        for (String other : others.get()) {
            least = Math.min(least, heard.getOrDefault(other, 0L));
        }
        return least;
    }

    /** From now on tells these accounts what others grant. To be called once. */
    public void connect(Accounts own) {
        accounts = own;
    }

    /** Tells what was taken, and confirms what others told. For one thread. */
    void gather(Teller teller) {
        unconfirmed.forEach((origin, round) -> {
            if (unconfirmed.remove(origin, round)) {
                teller.heard(MessageWriter.hash(origin), round);
            }
        });
        if (untold.isEmpty()) {
            return;
        }
        long round = rounds.incrementAndGet();
        for (Long client : untold.keySet()) {
            Taken taken = untold.remove(client);
            if (taken != null) {
                teller.taken(taken);
            }
        }
        teller.round(round);
    }

    /** Visits all accounts of this replica, in no order. */
    void forEachAccount(Consumer<Account> visitor) {
        Accounts own = accounts;
        if (own != null) {
            own.forEach(visitor);
        }
    }

    void takenElsewhere(Taken taken) {
        Accounts own = accounts;
        if (own != null) {
            own.takenElsewhere(taken);
        }
    }

    void known(Account account) {
        Accounts own = accounts;
        if (own != null) {
            own.known(account);
        }
    }

    /** Another replica has told all of a round. */
    void told(String origin, long round) {
        unconfirmed.merge(origin, round, Math::max);
        onTell.run();
    }

    /** Another replica has heard a round of this one; nobody has heard one that has not been told. */
    void heard(String origin, long round) {
        if (round <= rounds.get()) {
            heard.merge(origin, round, Math::max);
        }
    }

    void left(String origin) {
        heard.remove(origin);
        unconfirmed.remove(origin);
    }

    /**
     * What a client may take; 0: any number.
     *
     * @param requestsPerMinute at least 0
     * @param tokensPerMinute at least 0
     */
    public record Limits(long requestsPerMinute, long tokensPerMinute) {}

    /**
     * What a client took.
     *
     * @param client as of {@link #hash}
     * @param tokens negative where less was taken than had been told
     */
    public record Taken(long client, Limits limits, long requests, long tokens) {
        Taken plus(Taken later) {
            return new Taken(client, later.limits, requests + later.requests, tokens + later.tokens);
        }
    }

    /**
     * All that is known of a client.
     *
     * @param client as of {@link #hash}
     * @param missingRequests that come back in time
     * @param missingTokens that come back in time
     * @param requestsInLastMinute that were granted
     */
    public record Account(
            long client, Limits limits, long missingRequests, long missingTokens, long requestsInLastMinute) {}

    /** Tells the other replicas. */
    interface Teller {
        /** A client took this here. */
        void taken(Taken taken);

        /** All of this round has been told. */
        void round(long round);

        /** The round of another replica, which is named by its hash, has been heard. */
        void heard(long origin, long round);
    }

    /** The accounts of this replica. */
    public interface Accounts {
        /** Another replica has granted this. */
        void takenElsewhere(Taken taken);

        /** Another replica knows of at least so much; hearing it again changes nothing. */
        void known(Account account);

        /** Tells all accounts, in no order. */
        void forEach(Consumer<Account> visitor);
    }
}
