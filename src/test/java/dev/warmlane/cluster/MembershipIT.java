package dev.warmlane.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.cluster.ClusterTransport.MembershipChange;
import dev.warmlane.cluster.Peer.MemberAddress;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jgroups.Address;
import org.jgroups.BytesMessage;
import org.jgroups.JChannel;
import org.jgroups.protocols.DISCARD;
import org.jgroups.protocols.TP;
import org.jgroups.stack.ProtocolStack;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Three members, who are told of each other again before each test. */
class MembershipIT {
    private static final List<Replica> replicas = new ArrayList<>();

    @AfterAll
    static void stop() {
        replicas.forEach(Replica::close);
        replicas.clear();
    }

    /** All know each other, and nothing of an earlier test is on its way any more. */
    @BeforeEach
    void begin() throws IOException {
        if (replicas.size() < 3) { // the first test, or one before it failed
            stop();
            replicas.addAll(Replica.cluster(3));
        }
        awaitMembers(3);
        replicas.forEach(MembershipIT::awaitAllSaid);
        replicas.forEach(Replica::forget);
    }

    /** What a member says comes in its order, so all has come that it said before something that came. */
    private static void awaitAllSaid(Replica sender) {
        AtomicReference<String> mark = new AtomicReference<>("");
        await().until(() -> {
            boolean came = replicas.stream()
                    .filter(replica -> replica != sender)
                    .allMatch(replica -> replica.received.contains(said(sender, mark.get())));
            if (!came) {
                mark.set("mark " + System.nanoTime());
                sender.publish(mark.get());
            }
            return came;
        });
    }

    private static String said(Replica sender, String message) {
        return sender.transport.self().name() + " " + message;
    }

    @Test
    void tellsTheOthersWhenAMemberLeavesAndWhenItComesBackWithAClockAnHourOff() throws IOException {
        Replica left = replicas.remove(1);
        left.publish("farewell");
        left.close();
        awaitMembers(2);
        // Whoever listens is told a moment later.
        await().untilAsserted(() -> {
            assertThat(replicas.get(0).changes)
                    .last()
                    .satisfies(change -> assertThat(change.left()).containsExactly(left.transport.self()));
            assertThat(replicas.get(0).received).containsExactly("replica-1 farewell");
        });
        Replica again = new Replica(
                left.port,
                List.of(replicas.get(0).port),
                "replica-1",
                Replica.CONTEXT,
                Clock.offset(Clock.system(ZoneOffset.UTC), Duration.ofHours(1)));
        replicas.add(1, again.start());
        awaitMembers(3);
        assertThat(again.transport.self().id())
                .isNotEqualTo(left.transport.self().id());
        again.publish("from the future");
        await().untilAsserted(() -> assertThat(replicas.get(0).received).contains("replica-1 from the future"));
    }

    @Test
    void bothSidesOfAPartitionGoOnAndHearOfEachOtherAfterIt() throws Exception {
        DISCARD partition = new DISCARD();
        partition.discardAll(true);
        JChannel alone = replicas.get(2).transport.channel;
        alone.getProtocolStack().insertProtocol(partition, ProtocolStack.Position.ABOVE, TP.class);
        await().until(() -> replicas.get(0).size() == 2
                && replicas.get(1).size() == 2
                && replicas.get(2).size() == 1);
        replicas.get(0).publish("on this side");
        await().untilAsserted(() -> assertThat(replicas.get(1).received).containsExactly("replica-0 on this side"));
        assertThat(replicas.get(2).received).isEmpty();
        partition.discardAll(false);
        awaitMembers(3);
        await().untilAsserted(() -> {
            MembershipChange healed = last(replicas.get(0));
            assertThat(healed.merged()).isTrue();
            assertThat(healed.joined())
                    .containsExactly(replicas.get(2).transport.self());
            assertThat(last(replicas.get(2)).merged()).isTrue();
            assertThat(last(replicas.get(2)).joined()).hasSize(2);
        });
    }

    @Test
    void oneThatDoesNotReadHoldsUpNobodyAndIsToldThatItMissedSomething() {
        Replica sender = replicas.get(0);
        Replica reading = replicas.get(1);
        Replica stuck = replicas.get(2);
        CountDownLatch end = new CountDownLatch(1);
        stuck.onMessage = () -> {
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
        String large = "x".repeat(30_000);
        try {
            for (int i = 0; i < 20; i++) {
                for (int j = 0; j < 40; j++) {
                    sender.publish(large);
                }
                String mark = "mark " + i;
                sender.publish(mark);
                await().until(() -> reading.received.contains("replica-0 " + mark));
            }
        } finally {
            stuck.onMessage = () -> {};
            end.countDown();
        }
        // Where that took long, it has been excluded, and hears of everything missed by the merge.
        await().until(() -> {
            sender.publish("and on");
            return stuck.lost.contains(sender.transport.self())
                    || stuck.changes.stream().anyMatch(MembershipChange::merged);
        });
        awaitMembers(3);
        await().until(() -> {
            sender.publish("all is well");
            return stuck.received.contains("replica-0 all is well");
        });
    }

    @Test
    void whatCannotBeQueuedIsRefusedCountedAndReportedToTheOthers() throws Exception {
        Replica flooding = replicas.get(0);
        long droppedBefore = flooding.statistics().messagesDropped();
        String large = "x".repeat(30_000);
        await().until(() -> {
            boolean taken = true;
            for (int i = 0; i < 10_000 && taken; i++) {
                taken = flooding.publish(large);
            }
            return !taken;
        });
        assertThat(flooding.statistics().messagesDropped()).isGreaterThan(droppedBefore);
        assertThat(flooding.statistics().queuedBytes()).isLessThanOrEqualTo(8 * 1024 * 1024);
        await().untilAsserted(() -> {
            // Nobody is told twice within a second, nor before something comes.
            flooding.publish("and on");
            assertThat(replicas.get(1).lost).contains(flooding.transport.self());
            assertThat(replicas.get(2).lost).contains(flooding.transport.self());
        });
    }

    @Test
    void whatALaterVersionSaysIsSkippedAndCounted() throws Exception {
        long skippedBefore = replicas.get(1).statistics().messagesSkipped();
        Map<String, Address> addresses = replicas.get(0).transport.channel.getView().getMembers().stream()
                .collect(Collectors.toMap(
                        address -> MemberAddress.member(address).name(), address -> address));
        JChannel later = replicas.get(0).transport.channel;
        later.send(new BytesMessage(addresses.get("replica-1"), new byte[] {9, 1, 0, 0, 0, 0, 0, 0, 0, 0}));
        later.send(new BytesMessage(addresses.get("replica-1"), new byte[] {1, 99, 0, 0, 0, 0, 0, 0, 0, 0}));
        later.send(new BytesMessage(addresses.get("replica-1"), new byte[1]));
        await().untilAsserted(() ->
                assertThat(replicas.get(1).statistics().messagesSkipped()).isEqualTo(skippedBefore + 3));
    }

    private static void awaitMembers(int count) {
        await().until(() -> replicas.stream().allMatch(replica -> replica.size() == count));
    }

    private static MembershipChange last(Replica replica) {
        return replica.changes.get(replica.changes.size() - 1);
    }
}
