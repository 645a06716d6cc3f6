package dev.warmlane.cluster;

import dev.warmlane.cluster.ClusterTransport.Member;
import dev.warmlane.cluster.ClusterTransport.MembershipChange;
import dev.warmlane.cluster.ClusterTransport.StateTransfer;
import dev.warmlane.cluster.ClusterTransport.StateWriter;
import dev.warmlane.core.sharing.Replication;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Carries messages between the replicas of the gateway. Safe for concurrent use; only {@link #start} and {@link #close} block.
 *
 * <p>Messages of one member arrive in its order, each at most once. One that cannot be delivered in time is dropped rather than
 * waited for, and whoever missed it is told so by {@link Listener#messagesLost}.
 */
public interface ClusterTransport extends AutoCloseable {
    /** The largest message or part of a state, in bytes. */
    int MAX_MESSAGE_BYTES = Replication.MAX_MESSAGE_BYTES;

    /**
     * Joins the others, or waits for them as the first. The listener hears of the members before this returns. Called once.
     * Blocks until the cluster is joined or the limit for joining is up; after that it goes on in the background.
     */
    void start(Listener listener);

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
     * Asks another member for all that it knows; the parts go to {@link Listener#stateReceived}. One request at a time, the
     * next ones wait within their limits.
     *
     * @param member the id of a member
     * @param limit how long this may take
     * @return how it went; never completed exceptionally
     */
    CompletableFuture<StateTransfer> requestState(String member, Duration limit);

    /** The counts as they stand. */
    Statistics statistics();

    /** Tells the others that we leave, and ends; bounded in time. Harmless the second time. */
    @Override
    void close();

    /**
     * One replica of the gateway, from its start to its end. A replica that starts again is another member.
     *
     * @param id unique, the same on every replica
     * @param name for people, such as the name of the pod; not unique
     * @param version of the gateway that runs there
     */
    record Member(String id, String name, String version) {}

    /**
     * Who came and who went.
     *
     * @param joined new to us; never ourselves
     * @param left no longer there, by their own wish or because nobody hears them
     * @param merged whether those who joined lived on the other side of a partition that has healed, and have changed things since
     * @param members all who are there now, the oldest first, ourselves included
     */
    record MembershipChange(List<Member> joined, List<Member> left, boolean merged, List<Member> members) {
        public MembershipChange {
            joined = List.copyOf(joined);
            left = List.copyOf(left);
            members = List.copyOf(members);
        }
    }

    /**
     * How a request for another member's state went.
     *
     * @param from who was asked
     * @param at when it ended
     * @param outcome what became of it; parts that had arrived before a failure have been handed over all the same
     * @param chunks parts that arrived
     * @param bytes their sum
     * @param took from the request to the end
     */
    record StateTransfer(Member from, Instant at, Outcome outcome, long chunks, long bytes, Duration took) {
        /** What became of a request. */
        public enum Outcome {
            /** All of it arrived. */
            COMPLETE,
            /** The time was up. */
            TIMED_OUT,
            /** The other member has gone, refused, or sent more than the limit. */
            FAILED
        }
    }

    /** Takes what a member knows, in parts, for another member that asked. */
    @FunctionalInterface
    interface StateWriter {
        /**
         * Sends one part. Blocks while the other side is slow.
         *
         * @param chunk at most {@link ClusterTransport#MAX_MESSAGE_BYTES}
         * @throws IOException if the other side has gone, or the limits of time or size are exceeded; writing must stop
         */
        void write(byte[] chunk) throws IOException;
    }

    /**
     * What a transport has done since it started.
     *
     * @param messagesPublished taken from us to be sent to all
     * @param bytesPublished their size, each counted once however many members it went to
     * @param messagesReceived from all other members
     * @param bytesReceived their size
     * @param messagesDropped refused by {@link ClusterTransport#publish}, because too much waited to be sent
     * @param messagesLost published by others, and not arrived here
     * @param messagesSkipped of a version or kind that is unknown here
     * @param connectionsRefused connections to the cluster's port that did not prove to be of a member
     * @param queuedBytes waiting to be sent
     * @param peers the other members, the oldest first
     * @param lastStateTransfer the last request of ours for a state, if any
     */
    record Statistics(
            long messagesPublished,
            long bytesPublished,
            long messagesReceived,
            long bytesReceived,
            long messagesDropped,
            long messagesLost,
            long messagesSkipped,
            long connectionsRefused,
            long queuedBytes,
            List<Peer> peers,
            @Nullable StateTransfer lastStateTransfer) {

        public Statistics {
            peers = List.copyOf(peers);
        }

        /**
         * Another member as it is seen from here.
         *
         * @param since when it joined, or we did
         * @param silentFor how long nothing at all has been heard of it; members say something at least every half second
         * @param messagesReceived from this member
         * @param bytesReceived their size
         * @param messagesLost published by this member, and not arrived here
         */
        public record Peer(
                Member member,
                Instant since,
                Duration silentFor,
                long messagesReceived,
                long bytesReceived,
                long messagesLost) {}
    }

    /**
     * What the transport tells. Calls come from threads of the transport: one at a time for messages of one member, in the order in
     * which that member published them, but several at once for different members. An exception ends the one call, and is logged.
     */
    interface Listener {
        /**
         * A message that another member published. It must be handled quickly, in well below a second: what the same member says
         * later waits, that it lives included.
         */
        void received(Member sender, byte[] message);

        /** The members are others than before. One call at a time, in the order of the changes. */
        void membershipChanged(MembershipChange change);

        /**
         * Messages of this member did not arrive, because its queue or ours was full or a connection broke. What it tells from now
         * on arrives; what is missing can be had by {@link ClusterTransport#requestState}. At most one call a second for each member.
         */
        void messagesLost(Member sender);

        /** Another member asks for all that we know. On a thread of its own, which may block; an exception refuses the request. */
        void writeState(StateWriter state) throws Exception;

        /** A part of the state that we asked for. Parts arrive one at a time and in order, the same way that they were written. */
        void stateReceived(Member from, byte[] chunk);
    }
}
