package dev.warmlane.cluster;

import dev.warmlane.cluster.ClusterStack.ClusterThreads;
import dev.warmlane.cluster.ClusterStack.HeardTcp;
import dev.warmlane.cluster.ClusterStack.Seeds;
import dev.warmlane.cluster.ClusterTransport.Member;
import dev.warmlane.cluster.ClusterTransport.StateTransfer;
import dev.warmlane.cluster.ClusterTransport.StateTransfer.Outcome;
import dev.warmlane.cluster.Peer.MemberAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jgroups.Address;
import org.jgroups.BytesMessage;
import org.jgroups.JChannel;
import org.jgroups.Message;
import org.jgroups.logging.LogFactory;
import org.jgroups.util.ExtendedUUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The cluster on JGroups. */
public final class JGroupsTransport implements ClusterTransport {
    /**
     * Who and where we are.
     *
     * @param cluster what the cluster is called; others do not hear us
     * @param name ours, for people
     * @param version of the gateway
     * @param bindAddress ours, at which others reach us
     * @param port ours
     * @param advertised where others reach us if that is not there; resolved
     * @param seeds where others may be
     * @param joinTimeout how long a start waits for them
     */
    public record Site(
            String cluster,
            String name,
            String version,
            InetAddress bindAddress,
            int port,
            Optional<InetSocketAddress> advertised,
            List<InetSocketAddress> seeds,
            Duration joinTimeout) {
        public Site {
            seeds = List.copyOf(seeds);
        }
    }

    private static final Logger log = LoggerFactory.getLogger(JGroupsTransport.class);
    private static final long QUEUE_BYTES = 8L * 1024 * 1024;
    private static final Duration LEAVE_LIMIT = Duration.ofSeconds(3);

    private final Site site;
    private final Clock clock;
    private final MemberList members;
    private final ClusterThreads threads = new ClusterThreads();
    private final MemberSockets sockets;
    private final HeardTcp tcp;
    final JChannel channel;
    private final Outbox outbox = new Outbox(QUEUE_BYTES);
    private final Broadcast broadcast;
    private final StateExchange states;
    private final LongAdder skipped = new LongAdder();
    private final AtomicBoolean closed = new AtomicBoolean();
    /** @param context asked for each connection; it must have a certificate, and say which certificates are a member's */
    public JGroupsTransport(Site site, Supplier<SSLContext> context, Clock clock) {
        LogFactory.setCustomLogFactory(BoundedLog.factory());
        this.site = site;
        this.clock = clock;
        ExtendedUUID ownAddress = MemberAddress.create(site.name(), site.version());
        this.members = new MemberList(ownAddress, clock);
        this.sockets = new MemberSockets(context, threads);
        this.tcp = ClusterStack.tcp(site.bindAddress(), site.port(), sockets, threads);
        site.advertised().ifPresent(address -> ClusterStack.advertise(tcp, address));
        this.broadcast = new Broadcast(
                outbox,
                new Broadcast.Wire() {
                    @Override
                    public boolean isConnectedTo(Address member) {
                        return tcp.isConnectedTo(member);
                    }

                    @Override
                    public void send(Address member, byte[] message) {
                        sendUnreliably(member, message);
                    }
                },
                threads);
        this.states = new StateExchange(this::sendReliably, members::hasOther, clock, threads);
        try {
            this.channel = ClusterStack.channel(tcp, new Seeds(site.seeds()));
            channel.setName(site.name());
            channel.addAddressGenerator(() -> ownAddress);
            channel.setDiscardOwnMessages(true);
        } catch (Exception e) {
            throw new IllegalStateException("cannot set up the cluster", e);
        }
    }

    @Override
    public void start(ClusterTransport.Listener listener) {
        channel.setReceiver(new Incoming(members, broadcast, states, skipped, listener));
        broadcast.start();
        CompletableFuture<Void> joined = new CompletableFuture<>();
        threads.newThread(() -> join(joined), "join").start();
        try {
            joined.get(site.joinTimeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            log.warn("could not join the cluster {} within {}; still trying", site.cluster(), site.joinTimeout());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            close();
            throw new IllegalStateException(
                    "cluster port %s:%d: %s (expected: an address of this host and a free port)"
                            .formatted(site.bindAddress().getHostAddress(), site.port(), rootMessage(e)),
                    e.getCause());
        }
    }

    private void join(CompletableFuture<Void> joined) {
        try {
            channel.connect(site.cluster());
            joined.complete(null);
        } catch (Exception e) {
            joined.completeExceptionally(e);
        }
    }

    private static String rootMessage(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }

    @Override
    public Member self() {
        return members.self();
    }

    @Override
    public List<Member> members() {
        return members.members();
    }

    @Override
    public boolean publish(byte[] message) {
        if (message.length > MAX_MESSAGE_BYTES) {
            throw new IllegalArgumentException(
                    "message: %d bytes (expected: at most %d)".formatted(message.length, MAX_MESSAGE_BYTES));
        }
        return outbox.offer(message);
    }

    @Override
    public CompletableFuture<StateTransfer> requestState(String member, Duration limit) {
        Address address = members.address(member);
        Peer peer = address == null ? null : members.peer(address);
        if (address != null && peer != null) {
            return states.request(address, peer.member(), limit);
        }
        return CompletableFuture.completedFuture(
                new StateTransfer(new Member(member, "", ""), clock.instant(), Outcome.FAILED, 0, 0, Duration.ZERO));
    }

    private void sendReliably(Address member, byte[] message) throws Exception {
        channel.send(new BytesMessage(member, message));
    }

    private void sendUnreliably(Address member, byte[] message) {
        try {
            channel.send(new BytesMessage(member, message).setFlag(Message.Flag.NO_RELIABILITY, Message.Flag.NO_FC));
        } catch (Exception e) {
            // It is closing; nobody misses this.
            log.debug("not sent", e);
        }
    }

    @Override
    public ClusterTransport.Statistics statistics() {
        return new ClusterTransport.Statistics(
                broadcast.messages(),
                broadcast.bytes(),
                members.messages(),
                members.bytes(),
                outbox.dropped(),
                members.lost(),
                skipped.sum(),
                sockets.refusedConnections(),
                outbox.bytes(),
                members.statistics(System.nanoTime(), tcp::heard),
                states.last());
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        Thread leaving = threads.newThread(channel::close, "leave");
        try {
            broadcast.close();
            leaving.start();
            leaving.join(LEAVE_LIMIT.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        states.close();
        sockets.close();
    }
}
