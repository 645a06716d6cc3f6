package dev.warmlane.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.warmlane.cluster.ClusterTransport.Member;
import dev.warmlane.cluster.ClusterTransport.StateTransfer;
import dev.warmlane.cluster.ClusterTransport.StateTransfer.Outcome;
import dev.warmlane.harness.Awaited;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class JGroupsTransportIT {
    private static final List<Replica> replicas = new ArrayList<>();

    @BeforeAll
    static void start() throws IOException {
        replicas.addAll(Replica.cluster(3));
        await().until(() -> replicas.stream().allMatch(replica -> replica.size() == 3));
    }

    @AfterAll
    static void stop() {
        replicas.forEach(Replica::close);
    }

    @Test
    void knowsMembersByNameAndVersionTheOldestFirst() {
        for (Replica replica : replicas) {
            assertThat(replica.transport.members())
                    .extracting(Member::name)
                    .containsExactly("replica-0", "replica-1", "replica-2");
            assertThat(replica.transport.members()).extracting(Member::version).containsOnly("1.0");
            assertThat(replica.transport.members()).contains(replica.transport.self());
        }
        assertThat(replicas.get(0).transport.members())
                .isEqualTo(replicas.get(2).transport.members());
    }

    @Test
    void deliversWhatOneMemberPublishesInItsOrderToAllOthersAndNotToItself() {
        List<String> expected = new ArrayList<>();
        String longest = "x".repeat(ClusterTransport.MAX_MESSAGE_BYTES);
        for (int i = 0; i < 2_000; i++) {
            String message = i == 1_000 ? longest : "message " + i;
            assertThat(replicas.get(0).publish(message)).isTrue();
            expected.add("replica-0 " + message);
            if (i % 100 == 99) { // a connection's queue is bounded, and the replica gathers what it tells
                await().until(() -> replicas.get(1).received.size() == expected.size());
                await().until(() -> replicas.get(2).received.size() == expected.size());
            }
        }
        await().untilAsserted(() -> assertThat(replicas.get(1).received).isEqualTo(expected));
        await().untilAsserted(() -> assertThat(replicas.get(2).received).isEqualTo(expected));
        assertThat(replicas.get(0).received).isEmpty();
        assertThat(replicas.get(0).statistics().messagesPublished()).isEqualTo(2_000);
        assertThat(replicas.get(1).statistics().messagesReceived()).isEqualTo(2_000);
        assertThat(replicas.get(1).statistics().messagesLost()).isZero();
    }

    @Test
    void handsTheStateOfOneMemberToAnotherWholeAndInOrder() throws Exception {
        byte[][] chunks = IntStream.range(0, 150)
                .mapToObj(i -> filled(ClusterTransport.MAX_MESSAGE_BYTES, (byte) i))
                .toArray(byte[][]::new);
        replicas.get(0).answer = writer -> {
            for (byte[] chunk : chunks) {
                writer.write(chunk);
            }
        };
        StateTransfer transfer = ask(replicas.get(2), replicas.get(0));
        assertThat(transfer.outcome()).isEqualTo(Outcome.COMPLETE);
        assertThat(transfer.chunks()).isEqualTo(150);
        assertThat(transfer.bytes()).isEqualTo(150L * ClusterTransport.MAX_MESSAGE_BYTES);
        assertThat(replicas.get(2).state).containsExactly(chunks);
        assertThat(replicas.get(2).statistics().lastStateTransfer()).isEqualTo(transfer);
    }

    @Test
    void saysSoWhenAStateCannotBeHadWhole() throws Exception {
        replicas.get(0).answer = writer -> {
            writer.write(new byte[1]);
            throw new IOException("out of luck");
        };
        assertThat(ask(replicas.get(1), replicas.get(0)).outcome()).isEqualTo(Outcome.FAILED);
        assertThat(replicas.get(1).state).hasSize(1);
    }

    @Test
    void waitsForAStateNoLongerThanTheLimit() throws Exception {
        replicas.get(0).answer = writer -> Thread.currentThread().join();
        StateTransfer transfer = Awaited.result(replicas.get(1)
                .transport
                .requestState(replicas.get(0).transport.self().id(), Duration.ofMillis(200)));
        assertThat(transfer.outcome()).isEqualTo(Outcome.TIMED_OUT);
    }

    @Test
    void asksNobodyWhoIsNotThere() throws Exception {
        assertThat(replicas.get(0)
                        .transport
                        .requestState("nobody", Duration.ofSeconds(1))
                        .get()
                        .outcome())
                .isEqualTo(Outcome.FAILED);
    }

    @Test
    void hearsOfEveryMemberAllTheTime() {
        await().during(Duration.ofSeconds(2))
                .untilAsserted(() -> assertThat(replicas.get(0).statistics().peers())
                        .hasSize(2)
                        .allSatisfy(peer -> assertThat(peer.silentFor()).isLessThan(Duration.ofSeconds(2))));
    }

    private static StateTransfer ask(Replica asking, Replica asked) throws Exception {
        return Awaited.result(
                asking.transport.requestState(asked.transport.self().id(), Duration.ofMinutes(1)));
    }

    private static byte[] filled(int size, byte value) {
        byte[] bytes = new byte[size];
        java.util.Arrays.fill(bytes, value);
        return bytes;
    }

    @Test
    void doesNotStartOnAPortThatIsTaken() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Replica replica = new Replica(taken.getLocalPort(), List.of(), "late", Replica.CONTEXT)) {
            assertThatThrownBy(replica::start).hasMessageContaining("a free port");
        }
    }
}
