package dev.warmlane.cluster.jgroups;

import dev.warmlane.cluster.ClusterTransport;
import dev.warmlane.cluster.ClusterTransport.Member;
import dev.warmlane.cluster.ClusterTransport.MembershipChange;
import dev.warmlane.cluster.ClusterTransport.StateTransfer;
import dev.warmlane.cluster.ClusterTransport.StateTransfer.Outcome;
import dev.warmlane.cluster.jgroups.BoundedLog.OncePerMinute;
import dev.warmlane.cluster.jgroups.Broadcast.Outbox;
import dev.warmlane.cluster.jgroups.ClusterStack.ClusterThreads;
import dev.warmlane.cluster.jgroups.ClusterStack.HeardTcp;
import dev.warmlane.cluster.jgroups.ClusterStack.Seeds;
import dev.warmlane.cluster.jgroups.Peer.MemberAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
import org.jgroups.MergeView;
import org.jgroups.Message;
import org.jgroups.Receiver;
import org.jgroups.View;
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
    private final ExtendedUUID ownAddress;
    private final Member self;
    private final ClusterThreads threads = new ClusterThreads();
    private final MemberSockets sockets;
    private final HeardTcp tcp;
    final JChannel channel;
    private final Outbox outbox = new Outbox(QUEUE_BYTES);
    private final Broadcast broadcast;
    private final StateExchange states;
    private final LongAdder skipped = new LongAdder();
    private final LongAdder lostByLeavers = new LongAdder();
    private final LongAdder messagesOfLeavers = new LongAdder();
    private final LongAdder bytesOfLeavers = new LongAdder();
    private final OncePerMinute failures = new OncePerMinute(System::nanoTime);
    private final AtomicBoolean closed = new AtomicBoolean();
    /** The other members, the oldest first; replaced as a whole. */
    private volatile Map<Address, Peer> peers = Map.of();

    private volatile List<Member> members;
    private volatile long views;

    /** @param context asked for each connection; it must have a certificate, and say which certificates are a member's */
    public JGroupsTransport(Site site, Supplier<SSLContext> context, Clock clock) {
        LogFactory.setCustomLogFactory(BoundedLog.factory());
        this.site = site;
        this.clock = clock;
        this.ownAddress = MemberAddress.create(site.name(), site.version());
        this.self = MemberAddress.member(ownAddress);
        this.members = List.of(self);
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
        this.states = new StateExchange(this::sendReliably, this::isMember, clock, threads);
        try {
            this.channel = ClusterStack.channel(tcp, new Seeds(site.seeds()));
            channel.setName(site.name());
            channel.addAddressGenerator(() -> ownAddress);
            channel.setDiscardOwnMessages(true);
        } catch (Exception e) {
            throw new IllegalStateException("the cluster cannot be set up", e);
        }
    }

    /** A shared secret as the way into the cluster; deriving keys takes a moment. */
    public static Supplier<SSLContext> bySecret(String secret, String cluster) {
        SSLContext context = SharedSecret.context(secret, cluster);
        return () -> context;
    }

    @Override
    public void start(ClusterTransport.Listener listener) {
        channel.setReceiver(new Incoming(listener));
        broadcast.start();
        CompletableFuture<Void> joined = new CompletableFuture<>();
        threads.newThread(() -> join(joined), "join").start();
        try {
            joined.get(site.joinTimeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            log.warn("the cluster {} is not joined within {}, and is joined later", site.cluster(), site.joinTimeout());
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
        return self;
    }

    @Override
    public List<Member> members() {
        return members;
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
        for (Map.Entry<Address, Peer> peer : peers.entrySet()) {
            if (peer.getValue().member().id().equals(member)) {
                return states.request(peer.getKey(), peer.getValue().member(), limit);
            }
        }
        return CompletableFuture.completedFuture(
                new StateTransfer(new Member(member, "", ""), clock.instant(), Outcome.FAILED, 0, 0, Duration.ZERO));
    }

    private boolean isMember(Address address) {
        return peers.containsKey(address);
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
        long now = System.nanoTime();
        long messages = messagesOfLeavers.sum();
        long bytes = bytesOfLeavers.sum();
        long lost = lostByLeavers.sum();
        List<ClusterTransport.Statistics.Peer> seen = new ArrayList<>();
        for (Map.Entry<Address, Peer> entry : peers.entrySet()) {
            Peer peer = entry.getValue();
            messages += peer.messages();
            bytes += peer.bytes();
            lost += peer.lost();
            seen.add(new ClusterTransport.Statistics.Peer(
                    peer.member(),
                    peer.since(),
                    Duration.ofNanos(Math.max(0, now - tcp.heard(entry.getKey(), peer.sinceNanos()))),
                    peer.messages(),
                    peer.bytes(),
                    peer.lost()));
        }
        return new ClusterTransport.Statistics(
                broadcast.messages(),
                broadcast.bytes(),
                messages,
                bytes,
                outbox.dropped(),
                lost,
                skipped.sum(),
                sockets.refusedConnections(),
                outbox.bytes(),
                views,
                seen,
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

    /** What JGroups tells, handed on to the listener. */
    private final class Incoming implements Receiver {
        private final ClusterTransport.Listener listener;

        private Incoming(ClusterTransport.Listener listener) {
            this.listener = listener;
        }

        @Override
        public void receive(Message message) {
            try {
                handle(message);
            } catch (RuntimeException e) {
                long others = failures.permit();
                if (others != OncePerMinute.NOT_NOW) {
                    log.warn("a message of {} was not understood; {} others before", message.getSrc(), others, e);
                }
            }
        }

        private void handle(Message message) {
            Address from = message.getSrc();
            Peer peer = peers.get(from);
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
            Map<Address, Peer> before = peers;
            Map<Address, Peer> after = new LinkedHashMap<>();
            List<Member> all = new ArrayList<>();
            List<Member> joined = new ArrayList<>();
            for (Address address : view.getMembers()) {
                if (address.equals(ownAddress)) {
                    all.add(self);
                    continue;
                }
                Peer peer = before.get(address);
                if (peer == null) {
                    peer = new Peer(MemberAddress.member(address), clock.instant(), System.nanoTime());
                    joined.add(peer.member());
                }
                after.put(address, peer);
                all.add(peer.member());
            }
            List<Member> left = new ArrayList<>();
            before.forEach((address, peer) -> {
                if (!after.containsKey(address)) {
                    left.add(peer.member());
                    messagesOfLeavers.add(peer.messages());
                    bytesOfLeavers.add(peer.bytes());
                    lostByLeavers.add(peer.lost());
                }
            });
            peers = java.util.Collections.unmodifiableMap(after);
            members = List.copyOf(all);
            views++;
            broadcast.members(List.copyOf(after.keySet()));
            states.members(after.keySet());
            boolean merged = view instanceof MergeView && !joined.isEmpty();
            log.info(
                    "cluster {}: {} members, joined {}, left {}{}",
                    site.cluster(),
                    all.size(),
                    names(joined),
                    names(left),
                    merged ? ", after a partition" : "");
            try {
                listener.membershipChanged(new MembershipChange(joined, left, merged, all));
            } catch (RuntimeException e) {
                log.warn("a change of the cluster's members could not be handled", e);
            }
        }

        private static List<String> names(List<Member> members) {
            return members.stream().map(Member::name).toList();
        }
    }
}
