package dev.warmlane.cluster;

/**
 * What the transport tells. Calls come from threads of the transport: one at a time for messages of one member, in the order in
 * which that member published them, but several at once for different members. An exception ends the one call, and is logged.
 */
public interface ClusterListener {
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
