package dev.warmlane.core.sharing;

import static dev.warmlane.core.sharing.Replicas.A;
import static dev.warmlane.core.sharing.Replicas.B;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.health.Drains.Drain;
import dev.warmlane.core.sharing.MessageWriter.RecordType;
import dev.warmlane.core.sharing.PoolShare.SharedLoad.Sums;
import dev.warmlane.core.sharing.Replicas.Replica;
import dev.warmlane.core.sharing.SharedQuota.Limits;
import dev.warmlane.core.sharing.SharedQuota.Taken;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A number that cannot be is not believed, whoever tells it: some would stay for good. */
class ToldNumbersTest {
    private static final AffinityKey KEY = AffinityKey.of("default", KeySource.SESSION, "alice");

    private final Replicas replicas = Replicas.of(2);
    private final Replica one = replicas.get(0);
    private final Replica two = replicas.get(1);

    @ParameterizedTest
    @ValueSource(longs = {Long.MAX_VALUE, (1L << 40) + 1, 0, -1, Long.MIN_VALUE})
    void noBindingHasMovedSoOften(long order) {
        assertThat(tell("damaged", encoder -> encoder.bound(KEY, B, order))).isFalse();
        one.replication.bindings().bind(KEY, A);
        replicas.exchange();
        assertThat(two.table.peek(KEY)).isEqualTo(A);
    }

    @Test
    void loadsOfManyReplicasAreNeverLessThanNothing() {
        for (int i = 0; i < 100; i++) {
            tell("most-" + i, load(new Sums(1 << 24, 1L << 40, 1L << 40)));
            tell("damaged-" + i, load(new Sums(Integer.MAX_VALUE, 0, 0)));
            tell("damaged-" + i, load(new Sums(0, Long.MAX_VALUE, 0)));
            tell("damaged-" + i, load(new Sums(0, 0, Long.MAX_VALUE)));
        }
        assertThat(two.share.load().requests(A)).isEqualTo(100 << 24);
        assertThat(two.share.load().promptTokens(A)).isEqualTo(100L << 40);
        assertThat(two.share.load().prefillTokens(A)).isEqualTo(100L << 40);
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MAX_VALUE, 253_402_300_800_000L, -1})
    void nobodyHasDrainedAnythingAfterTheYear9999(long millis) {
        assertThat(tell("damaged", encoder -> encoder.drained("default", A, new Drain(true, millis))))
                .isFalse();
        assertThat(two.health.drains().all()).isEmpty();
    }

    @Test
    void nobodyHasHeardWhatHasNotBeenToldYet() {
        SharedQuota quota = two.replication.quota();
        tell(one.id, encoder -> encoder.heard(MessageWriter.hash(two.id), Long.MAX_VALUE));
        assertThat(quota.heardRound()).isZero();

        long round = quota.tell(new Taken(7, new Limits(60, 0), 1, 0));
        replicas.exchange();
        assertThat(quota.heardRound()).isEqualTo(round);
    }

    private static Consumer<MessageEncoder> load(Sums sums) {
        return encoder -> encoder.load(RecordType.LOAD, "default", Map.<EndpointId, Sums>of(A, sums));
    }

    /** @return whether all of it was believed */
    private boolean tell(String origin, Consumer<MessageEncoder> facts) {
        List<byte[]> messages = new ArrayList<>();
        MessageEncoder encoder = new MessageEncoder(messages::add);
        facts.accept(encoder);
        encoder.end();
        return two.replication.receive(origin, messages.get(0));
    }
}
