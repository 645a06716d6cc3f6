package dev.warmlane.core.sharing;

import com.dynatrace.hash4j.hashing.Hashing;
import java.util.function.Consumer;

/**
 * What clients take of their limits at all replicas. Whoever grants something {@linkplain #tell tells} it and hears what others
 * granted; it knows how many share a limit, and which of what it told has reached them all. Safe for concurrent use.
 */
public interface SharedQuota {

    /** The hash that stands for a client, the same on every replica. */
    static long hash(String client) {
        return Hashing.xxh3_64().hashCharsToLong(client);
    }

    /** Replicas that are heard of, this one included; at least 1. */
    int replicas();

    /**
     * Tells the others what a client took here, gathered with what it took since they were told last.
     *
     * @return the round in which they are told
     */
    long tell(Taken taken);

    /** The last round that all others have heard; where there are no others, one that is never reached. */
    long heardRound();

    /** From now on tells these accounts what others grant. To be called once. */
    void connect(Accounts accounts);

    /**
     * What a client may take; 0: any number.
     *
     * @param requestsPerMinute at least 0
     * @param tokensPerMinute at least 0
     */
    record Limits(long requestsPerMinute, long tokensPerMinute) {}

    /**
     * What a client took.
     *
     * @param client as of {@link #hash}
     * @param tokens negative where less was taken than had been told
     */
    record Taken(long client, Limits limits, long requests, long tokens) {
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
    record Account(long client, Limits limits, long missingRequests, long missingTokens, long requestsInLastMinute) {}

    /** The accounts of this replica. */
    interface Accounts {
        /** Another replica has granted this. */
        void takenElsewhere(Taken taken);

        /** Another replica knows of at least so much; hearing it again changes nothing. */
        void known(Account account);

        /** Tells all accounts, in no order. */
        void forEach(Consumer<Account> visitor);
    }
}
