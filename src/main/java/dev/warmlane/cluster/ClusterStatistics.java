package dev.warmlane.cluster;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
 * @param views how often the members changed
 * @param peers the other members, the oldest first
 * @param lastStateTransfer the last request of ours for a state, if any
 */
public record ClusterStatistics(
        long messagesPublished,
        long bytesPublished,
        long messagesReceived,
        long bytesReceived,
        long messagesDropped,
        long messagesLost,
        long messagesSkipped,
        long connectionsRefused,
        long queuedBytes,
        long views,
        List<Peer> peers,
        @Nullable StateTransfer lastStateTransfer) {

    public ClusterStatistics {
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
