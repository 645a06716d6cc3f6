package dev.warmlane.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.cluster.ClusterTransport.Member;
import dev.warmlane.cluster.ClusterTransport.MembershipChange;
import dev.warmlane.cluster.ClusterTransport.StateTransfer;
import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.prefix.PredictedContents;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.sharing.Replication;
import dev.warmlane.harness.CapturedLog;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Whom a replica asks for its state, over a transport that a test moves by hand. */
class ReplicaSharingTest {
    private static final Member SELF = new Member("self", "a", "1.0");
    private static final Member OTHER = new Member("other", "b", "1.0");

    @RegisterExtension
    final CapturedLog log = new CapturedLog(ReplicaSharing.class);

    private final ByHand transport = new ByHand();
    private final ReplicaSharing sharing = new ReplicaSharing(
            transport, new AffinityTable(10, Duration.ofHours(1), System::nanoTime), Duration.ZERO, Duration.ZERO);

    @AfterEach
    void close() {
        sharing.close();
    }

    @Test
    void whoIsLetInOnlyAfterItHasStartedTakesOverTheStateThen() throws Exception {
        sharing.start();
        assertThat(transport.asked).isEmpty();
        joined(List.of(OTHER, SELF));
        assertThat(transport.asked.poll(60, TimeUnit.SECONDS)).isEqualTo("other");
    }

    @Test
    void whoJoinsAfterUsHasNothingToTell() throws Exception {
        sharing.start();
        joined(List.of(SELF, OTHER));
        sharing.messagesLost(new Member("third", "c", "1.0"));
        sharing.close();
        assertThat(transport.asked).isEmpty();
    }

    @Test
    void whoTookOverTheStateAtItsStartDoesNotAskAgain() throws Exception {
        transport.members = List.of(OTHER, SELF);
        sharing.membershipChanged(new MembershipChange(List.of(OTHER), List.of(), false, transport.members));
        sharing.start();
        assertThat(transport.asked.poll(60, TimeUnit.SECONDS)).isEqualTo("other");
        sharing.close();
        assertThat(transport.asked).isEmpty();
    }

    @Test
    void whoIsThereWhenWeJoinIsToldInOneLineAndWhoeverComesLaterInAnother() {
        transport.members = List.of(OTHER, SELF);
        sharing.membershipChanged(new MembershipChange(List.of(OTHER), List.of(), false, transport.members));
        sharing.start();
        Member third = new Member("third", "c", "1.1");
        sharing.membershipChanged(new MembershipChange(List.of(third), List.of(), true, List.of(OTHER, SELF, third)));
        sharing.membershipChanged(new MembershipChange(List.of(), List.of(third), false, List.of(OTHER, SELF)));
        assertThat(log.lines())
                .containsExactly(
                        "cluster: joined 1 other replica, took over 0 KB from b in 0 ms",
                        "cluster: replica c (1.1) joined after a partition, now 3 replicas",
                        "cluster: replica c left, now 2 replicas");
    }

    @Test
    void tellsNothingThatTheTransportDoesNotTake() throws Exception {
        EndpointPool pool = new EndpointPool("default");
        pool.replace(endpoints(5000));
        PrefixIndex index = PrefixIndex.linked(10_000, System::nanoTime);
        InFlight inFlight = new InFlight();
        PredictedContents contents =
                sharing.replication().share(pool, index, inFlight).contents();
        sharing.replication().post(List.of(new byte[Replication.MAX_PAGE_BYTES]));
        for (int i = 0; i < 5000; i++) {
            EndpointId endpoint = new EndpointId("endpoint-" + i);
            sharing.replication().bindings().bind(new AffinityKey(KeySource.SESSION, i), endpoint);
            inFlight.open(endpoint, 1 << 20, 1 << 20);
        }
        long[] blocks = LongStream.rangeClosed(1, 9000).toArray();
        contents.insert(new EndpointId("endpoint-0"), PromptBlocks.of(blocks, 16, 16L * blocks.length));

        assertThat(sharing.replication().gather()).isNotEmpty().allSatisfy(ReplicaSharingTest::fits);
        List<byte[]> state = new ArrayList<>();
        sharing.writeState(state::add);
        assertThat(state).isNotEmpty().allSatisfy(ReplicaSharingTest::fits);
    }

    private static void fits(byte[] message) {
        assertThat(message.length).isLessThanOrEqualTo(ClusterTransport.MAX_MESSAGE_BYTES);
    }

    private static List<Endpoint> endpoints(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> "endpoint-" + i)
                .map(name -> new Endpoint(
                        new EndpointId(name), name, URI.create("http://" + name + ":8000"), EndpointState.READY))
                .toList();
    }

    private void joined(List<Member> members) {
        transport.members = members;
        sharing.membershipChanged(new MembershipChange(List.of(OTHER), List.of(), false, members));
    }

    private static final class ByHand implements ClusterTransport {
        private final BlockingQueue<String> asked = new LinkedBlockingQueue<>();
        private volatile List<Member> members = List.of(SELF);

        @Override
        public void start(Listener listener) {}

        @Override
        public Member self() {
            return SELF;
        }

        @Override
        public List<Member> members() {
            return members;
        }

        @Override
        public boolean publish(byte[] message) {
            return true;
        }

        @Override
        public CompletableFuture<StateTransfer> requestState(String member, Duration limit) {
            asked.add(member);
            return CompletableFuture.completedFuture(
                    new StateTransfer(OTHER, Instant.EPOCH, StateTransfer.Outcome.COMPLETE, 0, 0, Duration.ZERO));
        }

        @Override
        public Statistics statistics() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }
}
