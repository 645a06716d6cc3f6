package dev.warmlane.proxy.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.sharing.Replication;
import dev.warmlane.core.sharing.SharedQuota;
import dev.warmlane.core.sharing.SharedQuota.Limits;
import dev.warmlane.core.sharing.SharedQuota.Taken;
import dev.warmlane.proxy.access.Authenticator.Identity;
import dev.warmlane.proxy.access.Authenticator.Identity.Allowance;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Limits over three replicas that hear of each other late. */
class SharedQuotasTest {
    private static final long MILLI = 1_000_000;
    private static final int GATHER_MILLIS = 10;
    private static final Identity KEY = identity("key", 60, 0);
    private static final Identity OTHER_KEY = identity("other", 60, 0);

    private final List<Replica> replicas = new ArrayList<>();
    private long millis;
    private int delayMillis = 20;

    SharedQuotasTest() {
        for (int i = 0; i < 3; i++) {
            replicas.add(new Replica("replica-" + i));
        }
        passMillis(1000);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 20, 80, 250, 1000})
    void twoKeysGetNoMoreThanATenthAboveTheirLimitInAnyMinute(int delay) {
        delayMillis = delay;
        List<Long> served = new ArrayList<>();
        List<Long> others = new ArrayList<>();
        for (int step = 0; step < 200_000 / GATHER_MILLIS; step++) {
            for (Replica replica : replicas) {
                for (int i = 0; i < 2; i++) {
                    note(replica.grants(KEY), served);
                    note(replica.grants(OTHER_KEY), others);
                }
            }
            passMillis(GATHER_MILLIS);
        }
        assertThat(mostInAMinute(served)).isBetween(60, 66);
        assertThat(mostInAMinute(others)).isBetween(60, 66);
        assertThat(served).hasSizeGreaterThanOrEqualTo(180);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whateverComesWhenever(long seed) {
        Random random = new Random(seed);
        List<Long> served = new ArrayList<>();
        for (int burst = 0; burst < 150; burst++) {
            delayMillis = 1 + random.nextInt(100);
            Replica replica = replicas.get(random.nextInt(3));
            int size = random.nextInt(80);
            for (int i = 0; i < size; i++) {
                note(replica.grants(KEY), served);
            }
            passMillis(random.nextInt(4) == 0 ? random.nextInt(30_000) : random.nextInt(50));
        }
        assertThat(mostInAMinute(served)).isLessThanOrEqualTo(66);
        assertThat((long) served.size()).isGreaterThan(millis / 1500);
    }

    @Test
    void aBurstThatIsSpreadIsServedAtOnce() {
        List<Long> served = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            note(replicas.get(i % 3).grants(KEY), served);
        }
        assertThat(served).hasSize(60);
    }

    @Test
    void aBurstThroughOneReplicaIsServedAsFastAsTheOthersHearOfIt() {
        List<Long> served = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            note(replicas.get(0).grants(KEY), served);
        }
        assertThat(served).hasSize(20);
        for (int i = 0; i < 1000 / GATHER_MILLIS; i++) {
            note(replicas.get(0).grants(KEY), served);
            passMillis(GATHER_MILLIS);
        }
        assertThat(served).hasSizeGreaterThan(50);
    }

    @Test
    void whoKeepsToTheLimitIsNeverRefused() {
        for (int second = 0; second < 300; second++) {
            assertThat(replicas.get(second % 3).grants(KEY)).isTrue();
            passMillis(1000);
        }
    }

    @Test
    void aLimitSmallerThanTheReplicasAreManyIsServed() {
        Identity rare = identity("rare", 1, 0);
        List<Long> served = new ArrayList<>();
        for (int second = 0; second < 600; second++) {
            replicas.forEach(replica -> note(replica.grants(rare), served));
            passMillis(1000);
        }
        assertThat(served).hasSizeBetween(9, 13);
    }

    @Test
    void whatAReplicaGrantedCountsAfterItHasLeft() {
        for (int i = 0; i < 20; i++) {
            assertThat(replicas.get(2).grants(KEY)).isTrue();
        }
        passMillis(100);
        Replica left = replicas.remove(2);
        replicas.forEach(replica -> replica.replication.left(left.id));
        List<Long> served = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            replicas.forEach(replica -> note(replica.grants(KEY), served));
        }
        assertThat(served).hasSize(40);
    }

    @Test
    void whoJoinsKnowsWhatIsGone() {
        for (int i = 0; i < 60; i++) {
            replicas.get(i % 3).grants(KEY);
        }
        passMillis(100);
        Replica joined = new Replica("joined");
        replicas.get(0).replication.writeState(message -> joined.replication.receive("replica-0", message));
        replicas.get(0).replication.writeState(message -> joined.replication.receive("replica-0", message));
        assertThat(joined.grants(KEY)).isFalse();
        assertThat(joined.grants(OTHER_KEY)).isTrue();
    }

    @Test
    void aReplicaThatHearsOfNobodyHasTheWholeLimit() {
        replicas.subList(1, 3).clear();
        passMillis(3000);
        List<Long> served = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            note(replicas.get(0).grants(KEY), served);
        }
        assertThat(served).hasSize(60);
    }

    @Test
    void ofTokensThereIsAtMostOneRequestMoreOfEachOtherReplica() {
        Identity writer = identity("writer", 0, 6000);
        long taken = 0;
        for (int step = 0; step < 60; step++) {
            for (Replica replica : replicas) {
                for (int i = 0; i < 10; i++) {
                    taken += replica.quotas.charge(writer).reserve(1000, 0) == 0 ? 1000 : 0;
                }
            }
            passMillis(10);
        }
        assertThat(taken).isBetween(6000L, 8000L);
    }

    @Test
    void moreThanAnyoneCanHaveGrantedHoldsNobodyUpForAnHour() {
        long client = SharedQuota.hash(KEY.client());
        SharedQuota told = replicas.get(0).replication.quota();
        told.tell(new Taken(client, new Limits(60, 0), Integer.MAX_VALUE, 0));
        passMillis(200);
        assertThat(replicas.get(1).grants(KEY)).isFalse();
        passMillis(120_000);
        assertThat(replicas.get(1).grants(KEY)).isTrue();
    }

    @Test
    void aCorrectionOfTokensCountsEverywhere() {
        Identity writer = identity("writer", 0, 6000);
        TokenCharge charge = replicas.get(0).quotas.charge(writer);
        assertThat(charge.reserve(100, 0)).isZero();
        charge.used(18_000);
        charge.close(false);
        passMillis(100);
        long wait = replicas.get(1).quotas.charge(writer).reserve(100, 0);
        assertThat(Duration.ofNanos(wait).toSeconds()).isBetween(119L, 121L);
    }

    @Test
    void promptsLargerThanAShareAreServed() {
        Identity writer = identity("writer", 0, 6000);
        assertThat(replicas.get(0).quotas.charge(writer).reserve(9000, 0)).isZero();
    }

    @Test
    void aLimitThatOneOfTwoTokensDoesNotHaveGoesOnAtTheOtherReplicas() {
        Identity byTokens = identity(KEY.client(), 0, 6000);
        Replica one = replicas.get(1);
        one.grants(KEY);
        assertThat(one.quotas.charge(byTokens).reserve(10, 0)).isZero();
        passMillis(100);
        List<Long> served = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            note(replicas.get(0).grants(KEY), served);
            passMillis(10);
        }
        assertThat(served).hasSizeBetween(58, 63);
        assertThat(one.grants(KEY)).isFalse();
    }

    private void note(boolean granted, List<Long> served) {
        if (granted) {
            served.add(millis);
        }
    }

    private static int mostInAMinute(List<Long> served) {
        int most = 0;
        int from = 0;
        for (int to = 0; to < served.size(); to++) {
            while (served.get(to) - served.get(from) >= 60_000) {
                from++;
            }
            most = Math.max(most, to - from + 1);
        }
        return most;
    }

    private void passMillis(int count) {
        for (int i = 0; i < count; i++) {
            millis++;
            for (Replica replica : replicas) {
                replica.deliverDue();
            }
            if (millis % GATHER_MILLIS == 0) {
                replicas.forEach(Replica::tell);
            }
        }
    }

    private static Identity identity(String name, long requests, long tokens) {
        return new Identity(name, name, name, new Allowance(Set.of(), requests, tokens, 0));
    }

    private record Message(long dueMillis, byte[] bytes) {}

    private final class Replica {
        private final String id;
        private final Replication replication;
        private final Quotas quotas;
        private final Deque<Message> onTheirWay = new ArrayDeque<>();

        private Replica(String id) {
            this.id = id;
            AffinityTable table = new AffinityTable(10, Duration.ofHours(1), () -> millis * MILLI);
            replication = new Replication(id, table, 1000, () -> millis * MILLI, origin -> {});
            quotas = new Quotas(() -> millis * MILLI, (name, tokens) -> {}, replication.quota());
        }

        private boolean grants(Identity identity) {
            return quotas.countRequest(identity).isZero();
        }

        private void tell() {
            for (byte[] bytes : replication.gather()) {
                onTheirWay.add(new Message(millis + delayMillis, bytes));
            }
            if (onTheirWay.isEmpty() && millis % 500 == 0) {
                // A pool's loads, told by heart beat, are what shows that it lives.
                onTheirWay.add(new Message(millis + delayMillis, new byte[] {1}));
            }
        }

        private void deliverDue() {
            while (!onTheirWay.isEmpty() && onTheirWay.peek().dueMillis <= millis) {
                byte[] bytes = onTheirWay.poll().bytes;
                for (Replica other : replicas) {
                    if (other != this) {
                        other.replication.receive(id, bytes);
                    }
                }
            }
        }
    }
}
