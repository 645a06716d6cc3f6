package dev.warmlane.cluster;

import dev.warmlane.cluster.ClusterTransport.Member;
import dev.warmlane.cluster.ClusterTransport.MembershipChange;
import dev.warmlane.cluster.ClusterTransport.StateTransfer;
import dev.warmlane.cluster.ClusterTransport.StateWriter;
import dev.warmlane.cluster.SettingsAgreement.Difference;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.log.Counted;
import dev.warmlane.core.sharing.Replication;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries what this replica shares to the others, and what they share to this one. One thread of its own gathers; requests only
 * wake it up. A replica that joins takes over the state of the oldest one before it says that it is ready.
 */
public final class ReplicaSharing implements ClusterTransport.Listener, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ReplicaSharing.class);
    private static final int MAX_FACTS = 50_000;
    private static final long HEARTBEAT_NANOS = Duration.ofMillis(500).toNanos();
    private static final long COMPARE_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long LAST_WORDS_MILLIS = 1000;

    private final ClusterTransport transport;
    private final Replication replication;
    private final Duration gather;
    private final Duration joinTimeout;
    private final Thread thread = new Thread(this::tellUntilClosed, "warmlane-sharing");
    private final MissedStates missed = new MissedStates();
    private final SettingsAgreement agreement = new SettingsAgreement(InstantSource.system());
    private volatile boolean joined;
    private volatile boolean woken;
    private volatile boolean closed;
    private long comparedNanos = System.nanoTime() - COMPARE_NANOS;

    /**
     * Nothing is told before {@link #start}.
     *
     * @param transport started and closed here
     * @param table the bindings of all pools
     * @param gather how long what is to be told is gathered
     * @param joinTimeout how long to wait for the state of another replica
     */
    public ReplicaSharing(ClusterTransport transport, AffinityTable table, Duration gather, Duration joinTimeout) {
        this.transport = transport;
        this.gather = gather;
        this.joinTimeout = joinTimeout;
        this.replication = new Replication(transport.self().id(), table, MAX_FACTS, System::nanoTime, missed::missed);
        replication.onFact(this::wake);
        thread.setDaemon(true);
    }

    /** What this replica shares. */
    public Replication replication() {
        return replication;
    }

    /** What carries it. */
    public ClusterTransport transport() {
        return transport;
    }

    /** How the settings of other replicas differ from those of this one, by the ids of those that do. From any thread. */
    public Map<String, Difference> differingSettings() {
        return agreement.differences();
    }

    /** Joins the others and takes over what they know. Blocks, within the limit for each of the two. */
    public void start() {
        transport.start(this);
        joined = true;
        List<Member> members = transport.members();
        Member oldest = members.get(0);
        if (oldest.equals(transport.self())) {
            log.info("cluster: the first of the replicas, or the only one so far; starts cold");
        } else {
            missed.asking(oldest.id(), System.nanoTime());
            StateTransfer state = ask(oldest.id()).join();
            if (state.outcome() == StateTransfer.Outcome.COMPLETE) {
                log.info(
                        "cluster: joined {}, took over {} KB from {} in {} ms",
                        Counted.of(members.size() - 1, "other replica"),
                        state.bytes() / 1024,
                        oldest.name(),
                        state.took().toMillis());
            } else {
                log.warn(
                        "cluster: joined {}, but the state of {} did not come in time; starts cold and asks again",
                        Counted.of(members.size() - 1, "other replica"),
                        oldest.name());
            }
        }
        thread.start();
    }

    /** Tells the last changes and leaves; bounded in time. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            thread.join(LAST_WORDS_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        transport.close();
    }

    @Override
    public void received(Member sender, byte[] message) {
        replication.receive(sender.id(), message);
    }

    @Override
    public void membershipChanged(MembershipChange change) {
        for (Member member : change.left()) {
            replication.left(member.id());
            log.info(
                    "cluster: replica {} left, now {}",
                    member.name(),
                    Counted.of(change.members().size(), "replica"));
        }
        for (Member member : change.joined()) {
            // Those who are there when we join are told of in one line then.
            if (joined) {
                log.info(
                        "cluster: replica {} ({}) joined{}, now {}",
                        member.name(),
                        member.version(),
                        change.merged() ? " after a partition" : "",
                        Counted.of(change.members().size(), "replica"));
            }
            // Who is older than we are has let us join, or does so only now that we have long started without it.
            if (change.merged() || member.equals(change.members().get(0))) {
                missed.missed(member.id());
                wake();
            }
        }
    }

    @Override
    public void messagesLost(Member sender) {
        missed.missed(sender.id());
        wake();
    }

    @Override
    public void writeState(StateWriter state) throws IOException {
        try {
            replication.writeState(chunk -> {
                try {
                    state.write(chunk);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    @Override
    public void stateReceived(Member from, byte[] chunk) {
        replication.receive(from.id(), chunk);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // How it went is told to those who are missed.
    private void askForMissed() {
        List<String> members = transport.members().stream().map(Member::id).toList();
        missed.ask(members, System.nanoTime()).forEach(this::ask);
    }

    private CompletableFuture<StateTransfer> ask(String member) {
        return transport
                .requestState(member, joinTimeout)
                .whenComplete((state, failure) ->
                        missed.ended(member, state != null && state.outcome() == StateTransfer.Outcome.COMPLETE));
    }

    private void wake() {
        if (!woken) {
            woken = true;
            LockSupport.unpark(thread);
        }
    }

    private void tellUntilClosed() {
        while (!closed) {
            if (!woken) {
                LockSupport.parkNanos(this, HEARTBEAT_NANOS);
            }
            if (woken) {
                pauseToGather();
            }
            woken = false;
            tell();
            askForMissed();
            compareSettings();
        }
        // What happened since the last time: requests that ended, and what they took of their quotas.
        tell();
    }

    private void compareSettings() {
        long now = System.nanoTime();
        if (now - comparedNanos >= COMPARE_NANOS) {
            comparedNanos = now;
            agreement.check(transport.self(), transport.members(), replication.ownSettings(), replication.settings());
        }
    }

    /** By the clock: a permit that a wake-up left while we were telling would end the first pause at once. */
    private void pauseToGather() {
        long endNanos = System.nanoTime() + gather.toNanos();
        for (long left = gather.toNanos(); left > 0 && !closed; left = endNanos - System.nanoTime()) {
            LockSupport.parkNanos(this, left);
        }
    }

    private void tell() {
        try {
            replication.gather().forEach(transport::publish);
        } catch (RuntimeException e) {
            // Whatever is wrong with one message, the next may be well.
            log.warn("cluster: could not tell the other replicas", e);
        }
    }
}
