package dev.warmlane.cluster;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Carries messages between the replicas of the gateway. Safe for concurrent use; only {@link #start} and {@link #close} block.
 *
 * <p>Messages of one member arrive in its order, each at most once. One that cannot be delivered in time is dropped rather than
 * waited for, and whoever missed it is told so by {@link ClusterListener#messagesLost}.
 */
public interface ClusterTransport extends AutoCloseable {
    /** The largest message or part of a state, in bytes. */
    int MAX_MESSAGE_BYTES = 32 * 1024;

    /**
     * Joins the others, or waits for them as the first. The listener hears of the members before this returns. Called once.
     * Blocks until the cluster is joined or the limit for joining is up; after that it goes on in the background.
     */
    void start(ClusterListener listener);

    /** Ourselves. */
    Member self();

    /** All who are there, the oldest first, ourselves included. */
    List<Member> members();

    /**
     * Tells all other members, soon and in this order. Never blocks.
     *
     * @param message not to be changed afterwards; at most {@link #MAX_MESSAGE_BYTES}
     * @return false if too much waits to be sent already: the message is dropped, and all others will be told that it is missing
     */
    boolean publish(byte[] message);

    /**
     * Asks another member for all that it knows; the parts go to {@link ClusterListener#stateReceived}. One request at a time, the
     * next ones wait within their limits.
     *
     * @param member the id of a member
     * @param limit how long this may take
     * @return how it went; never completed exceptionally
     */
    CompletableFuture<StateTransfer> requestState(String member, Duration limit);

    /** The counts as they stand. */
    ClusterStatistics statistics();

    /** Tells the others that we leave, and ends; bounded in time. Harmless the second time. */
    @Override
    void close();
}
