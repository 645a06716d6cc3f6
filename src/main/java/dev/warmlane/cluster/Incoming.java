package dev.warmlane.cluster;

import dev.warmlane.cluster.Broadcast.Envelope;
import dev.warmlane.cluster.ClusterTransport.MembershipChange;
import dev.warmlane.core.log.LogRateLimit;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jgroups.Address;
import org.jgroups.Message;
import org.jgroups.Receiver;
import org.jgroups.View;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands on to the listener what JGroups delivers. Called by JGroups' threads: one at a time for each member's messages. */
final class Incoming implements Receiver {
    private static final Logger log = LoggerFactory.getLogger(Incoming.class);

    private final MemberList members;
    private final Broadcast broadcast;
    private final StateExchange states;
    private final ClusterTransport.Listener listener;
    /** Messages of a version or kind that is not known here. */
    private final LongAdder skipped;

    private final LogRateLimit failures = LogRateLimit.oncePerMinute();

    Incoming(
            MemberList members,
            Broadcast broadcast,
            StateExchange states,
            LongAdder skipped,
            ClusterTransport.Listener listener) {
        this.members = members;
        this.broadcast = broadcast;
        this.states = states;
        this.skipped = skipped;
        this.listener = listener;
    }

    @Override
    public void receive(Message message) {
        try {
            handle(message);
        } catch (RuntimeException e) {
            int leftOut = failures.next();
            if (leftOut != LogRateLimit.LEFT_OUT) {
                log.warn(LogRateLimit.text("could not handle a message from " + message.getSrc(), leftOut), e);
            }
        }
    }

    private void handle(Message message) {
        Address from = message.getSrc();
        Peer peer = members.peer(from);
        if (peer == null) {
            // A view is on its way that says who this is.
            return;
        }
        ByteBuffer content = ByteBuffer.wrap(message.getArray(), message.getOffset(), message.getLength());
        if (content.remaining() < Envelope.HEAD_BYTES || content.get() != Envelope.VERSION) {
            skipped.increment();
            return;
        }
        byte kind = content.get();
        long number = content.getLong();
        switch (kind) {
            case Envelope.BATCH -> peer.received(number, content, listener, System.nanoTime());
            case Envelope.STATE_REQUEST -> states.requested(from, number, content.getLong(), listener);
            case Envelope.STATE_PART -> states.part(from, peer.member(), number, rest(content), listener);
            case Envelope.STATE_END -> states.ended(from, number, content.get() == 1);
            default -> skipped.increment();
        }
    }

    private static byte[] rest(ByteBuffer content) {
        byte[] rest = new byte[content.remaining()];
        content.get(rest);
        return rest;
    }

    @Override
    public synchronized void viewAccepted(View view) {
        MembershipChange change = members.accept(view);
        broadcast.members(List.copyOf(members.others()));
        states.members(members.others());
        try {
            listener.membershipChanged(change);
        } catch (RuntimeException e) {
            log.warn("could not handle a change of the cluster's members", e);
        }
    }
}
