package dev.warmlane.core.sharing;

import static dev.warmlane.core.sharing.Replicas.A;
import static dev.warmlane.core.sharing.Replicas.B;
import static dev.warmlane.core.sharing.Replicas.prompt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.prefix.LearnedCapacity;
import dev.warmlane.core.routing.EndpointExperience;
import dev.warmlane.core.routing.PoolAverages;
import dev.warmlane.core.sharing.MessageWriter.RecordType;
import dev.warmlane.core.sharing.Replicas.Replica;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A replica that joins begins with what the others have learned of endpoints, and does not have to learn it again. */
class JoiningReplicaTest {
    private static final EndpointExperience SEEN = new EndpointExperience(5000, 1.5, 100, 60_000);

    private final Replicas replicas = Replicas.of(2);
    private final Replica one = replicas.get(0);
    private final Replica two = replicas.get(1);

    /** An engine with 100 blocks that delivers half of what it was predicted to hold. */
    private void learnThatHalfIsDelivered() {
        replicas.all.forEach(replica -> replica.index.capacity(A, 100));
        one.share.contents().insert(A, prompt(LongStream.rangeClosed(1, 100).toArray()));
        one.share.contents().correct(A, -25);
        replicas.exchange();
    }

    private Replica join() {
        Replica joins = replicas.add();
        tellState(one, joins);
        return joins;
    }

    private static void tellState(Replica from, Replica to) {
        from.replication.writeState(message -> to.replication.receive(from.id, message));
    }

    private static Replica hears(Replica replica, Consumer<MessageWriter> record, RecordType type) {
        MessageWriter writer = new MessageWriter();
        record.accept(writer);
        writer.record(type);
        replica.replication.receive("another", writer.toBytes());
        return replica;
    }

    @Test
    void whatItPlacesBeginsWithWhatTheOthersHold() {
        learnThatHalfIsDelivered();
        Replica joins = join();
        joins.index.capacity(A, 100);
        for (int turn = 1; turn <= 3; turn++) {
            for (int session = 1; session <= 8; session++) {
                long first = 1000L * session;
                joins.share
                        .contents()
                        .insert(
                                A,
                                prompt(LongStream.range(first, first + 3L * turn)
                                        .toArray()));
            }
            replicas.exchange();
        }
        assertThat(replicas.all).allSatisfy(replica -> {
            assertThat(replica.index.blocks(A)).isEqualTo(50);
            assertThat(replica.replication.unknownBeginnings()).isZero();
        });
    }

    @Test
    void whatItHearsBeforeTheStateDoesNotKeepItFromThat() {
        learnThatHalfIsDelivered();
        one.share.contents().correct(A, -1);
        Replica joins = replicas.add();
        joins.index.capacity(A, 100);
        replicas.exchange();
        tellState(one, joins);
        assertThat(joins.index.learnedCapacity(A)).isEqualTo(one.index.learnedCapacity(A));
    }

    @Test
    void whoHasLearnedFromMoreIsNotToldByOneThatHasLearnedFromLess() {
        learnThatHalfIsDelivered();
        Replica joins = join();
        one.share.contents().correct(A, -5);
        LearnedCapacity learned = one.index.learnedCapacity(A);
        tellState(joins, one);
        assertThat(one.index.learnedCapacity(A)).isEqualTo(learned);
        tellState(one, joins);
        assertThat(joins.index.learnedCapacity(A)).isEqualTo(learned);
    }

    @Test
    void whoHasMissedACorrectionAgreesWithTheOthersTenSecondsLater() {
        learnThatHalfIsDelivered();
        one.share.contents().correct(A, 5);
        one.replication.gather();
        LearnedCapacity learned = one.index.learnedCapacity(A);
        assertThat(two.index.learnedCapacity(A)).isNotEqualTo(learned);
        replicas.nanos.addAndGet(Duration.ofSeconds(10).toNanos());
        replicas.exchange();
        assertThat(replicas.all)
                .extracting(replica -> replica.index.learnedCapacity(A))
                .containsOnly(learned);
    }

    @Test
    void whatAnotherTakesATokenForMovesNoBlocks() {
        learnThatHalfIsDelivered();
        one.index.capacity(A, 90);
        one.share.contents().correct(A, 0.001);
        tellState(one, two);
        assertThat(two.index.learnedCapacity(A).statedBlocks()).isEqualTo(100);
        assertThat(two.index.learnedCapacity(A).corrections()).isEqualTo(2);
    }

    @Test
    void predictionsThatWereRightTeachNobodyMoreThanOthers() {
        learnThatHalfIsDelivered();
        one.share.contents().correct(A, 0);
        assertThat(one.index.learnedCapacity(A)).isEqualTo(two.index.learnedCapacity(A));
    }

    @Test
    void aLargeCacheIsTakenOverAsAWholeThoughItsEngineHasNotSaidHowLargeItIs() {
        one.index.capacity(A, 3000);
        one.share.contents().insert(A, prompt(LongStream.rangeClosed(1, 2000).toArray()));
        assertThat(join().index.blocks(A)).isEqualTo(2000);
    }

    @Test
    void itKnowsHowFastEndpointsAreAndWhatTheyUsuallyHave() {
        one.notes.adopt(A, SEEN);
        Replica joins = join();
        assertThat(joins.notes.experience(A)).isEqualTo(SEEN);
        assertThat(joins.notes.experience(B)).isEqualTo(new EndpointExperience(0, 0, 0, 0));
        assertThat(joins.replication.skipped()).isZero();
    }

    @Test
    void whatItHasSeenItselfCounts() {
        one.notes.adopt(A, SEEN);
        two.notes.adopt(A, new EndpointExperience(7, 0.5, 20, 0));
        tellState(one, two);
        assertThat(two.notes.experience(A)).isEqualTo(new EndpointExperience(7, 0.5, 20, 0));
    }

    @Test
    void nothingIsKeptOfAnEndpointThatHasLeft() {
        one.notes.adopt(A, SEEN);
        one.pool.replace(one.pool.snapshot().endpoints().subList(1, 3));
        one.notes.adopt(A, SEEN);
        assertThat(one.notes.experience(A).firstTokens()).isZero();
        assertThat(one.notes.experience(A).usualPromptTokens()).isZero();
    }

    @Test
    void itKnowsHowManyTurnsASessionHas() {
        one.averages.adopt(3, 500, 60, 8);
        assertThat(join().averages.turns()).isEqualTo(8);
    }

    @Test
    void anEarlierVersionDoesNotSayHowManyTurnsASessionHas() {
        PoolAverages averages = hears(
                        two,
                        writer -> writer.reference(MessageWriter.hash("default"))
                                .real(3)
                                .real(500)
                                .real(60),
                        RecordType.AVERAGES)
                .averages;
        assertThat(averages.outputTokens()).isEqualTo(60);
        assertThat(averages.turns()).isEqualTo(1);
        assertThat(two.replication.skipped()).isZero();
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
    void aCacheIsNoMultipleOfAnythingButANumber(double factor) {
        two.index.capacity(A, 100);
        hears(two, writer -> endpoint(writer).number(100).real(factor).number(9), RecordType.CAPACITY);
        assertThat(two.index.learnedCapacity(A)).isEqualTo(new LearnedCapacity(100, 1, 0));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MAX_VALUE})
    void noCacheHoldsSoManyBlocks(long blocks) {
        two.index.capacity(A, 100);
        hears(two, writer -> endpoint(writer).number(blocks).real(1).number(9), RecordType.CAPACITY);
        assertThat(two.index.learnedCapacity(A)).isEqualTo(new LearnedCapacity(100, 1, 0));
    }

    @Test
    void aSpeedThatCannotBeIsBounded() {
        hears(two, writer -> endpoint(writer).number(0).real(1e300).number(9).number(0), RecordType.EXPERIENCE);
        assertThat(two.notes.experience(A).speed()).isEqualTo(Math.log(100));
        hears(
                two,
                writer -> endpoint(writer).number(0).real(Double.NaN).number(9).number(0),
                RecordType.EXPERIENCE);
        assertThat(two.replication.skipped()).isEqualTo(1);
    }

    private static MessageWriter endpoint(MessageWriter writer) {
        return writer.fixed(MessageWriter.hash("default")).fixed(A.hash());
    }
}
