package dev.warmlane.core.sharing;

import static dev.warmlane.core.sharing.Replicas.A;
import static dev.warmlane.core.sharing.Replicas.B;
import static dev.warmlane.core.sharing.Replicas.C;
import static dev.warmlane.core.sharing.Replicas.prompt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.RendezvousHash;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.health.Drains.Drain;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.reuse.CacheUse;
import dev.warmlane.core.prefix.reuse.ToldUse;
import dev.warmlane.core.routing.InFlight.Lease;
import dev.warmlane.core.sharing.Replicas.Replica;
import dev.warmlane.harness.Awaited;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReplicationTest {
    private static final AffinityKey KEY = AffinityKey.of("default", KeySource.SESSION, "alice");

    private final Replicas replicas = Replicas.of(3);
    private final Replica one = replicas.get(0);
    private final Replica two = replicas.get(1);
    private final Replica three = replicas.get(2);

    @Test
    void whatOneBindsAllKnow() {
        one.replication.bindings().bind(KEY, B);
        replicas.exchange();
        assertThat(two.table.peek(KEY)).isEqualTo(B);
        assertThat(three.table.peek(KEY)).isEqualTo(B);
    }

    @Test
    void whatOneSeesOfPromptsAllKnow() {
        CacheUse first = new CacheUse();
        CacheUse second = new CacheUse();
        one.share.uses(first);
        two.share.uses(second);
        PromptBlocks turn = prompt(1, 2, 3, 4);
        PromptBlocks next = prompt(1, 2, 3, 4, 5, 6, 7, 8);
        ToldUse.Prompt toldTurn = ToldUse.Prompt.of(turn, 7, A.hashCode(), 4);
        ToldUse.Prompt toldNext = ToldUse.Prompt.of(next, 7, B.hashCode(), 4);
        first.sent(toldTurn, turn, 0);
        first.completed(new ToldUse.Completed(toldTurn, null, 16, 9, 3L), 0);
        first.work();
        replicas.exchange();
        second.sent(toldNext, next, 0);
        second.completed(new ToldUse.Completed(toldNext, 12L, 32, 0, 11L), 0);
        second.work();
        replicas.exchange();
        assertThat(List.of(first.lastHour(0), second.lastHour(0))).allSatisfy(seen -> {
            assertThat(seen.requests()).isEqualTo(2);
            assertThat(seen.answeredTokens()).isEqualTo(48);
            assertThat(seen.predictedTokens()).isEqualTo(15);
            assertThat(seen.deliveredTokens()).isEqualTo(14);
            assertThat(seen.turns()).isEqualTo(1);
            // Four blocks of the prompt and two that its response filled.
            assertThat(seen.curve().infiniteHitRatio()).isEqualTo(24 / 48.0);
        });
        assertThat(List.of(first.replicas(0), second.replicas(0))).containsOnly(2);
        assertThat(two.replication.skipped()).isZero();
    }

    @Test
    void thoseWhoBindANewKeyAtOnceAgreeOnTheEndpointThatWeighsMost() {
        EndpointId heavier = RendezvousHash.weight(KEY.hash(), A) > RendezvousHash.weight(KEY.hash(), B) ? A : B;
        one.replication.bindings().bind(KEY, A);
        two.replication.bindings().bind(KEY, B);
        replicas.exchange();
        assertThat(replicas.all).extracting(replica -> replica.table.peek(KEY)).containsOnly(heavier);
    }

    @Test
    void aLaterBindingCountsWhateverWeighsMore() {
        EndpointId lighter = RendezvousHash.weight(KEY.hash(), A) > RendezvousHash.weight(KEY.hash(), B) ? B : A;
        one.replication.bindings().bind(KEY, lighter.equals(A) ? B : A);
        replicas.exchange();
        two.replication.bindings().bind(KEY, lighter);
        replicas.exchange();
        assertThat(replicas.all).extracting(replica -> replica.table.peek(KEY)).containsOnly(lighter);
    }

    @Test
    void useThroughAnyReplicaKeepsABindingAlive() {
        one.replication.bindings().bind(KEY, A);
        replicas.exchange();
        replicas.nanos.addAndGet(Duration.ofMinutes(90).toNanos());
        two.replication.bindings().bind(KEY, A);
        replicas.exchange();
        replicas.nanos.addAndGet(Duration.ofMinutes(90).toNanos());
        assertThat(three.table.peek(KEY)).isEqualTo(A);
    }

    @Test
    void whatIsReleasedIsReleasedEverywhere() {
        one.replication.bindings().bind(KEY, A);
        replicas.exchange();
        three.replication.bindings().release(KEY);
        replicas.exchange();
        assertThat(replicas.all).extracting(replica -> replica.table.peek(KEY)).containsOnlyNulls();
    }

    @Test
    void whoBindsWhileTheKeyIsReleasedComesBeforeOrAfterThatEverywhere() throws InterruptedException {
        one.replication.bindings().bind(KEY, A);
        replicas.exchange();
        Thread binds = new Thread(() -> one.replication.bindings().bind(KEY, B));
        one.replication.onFact(() -> {
            if (binds.getState() == Thread.State.NEW) {
                binds.start();
                while (binds.isAlive() && binds.getState() != Thread.State.BLOCKED) {
                    Thread.onSpinWait();
                }
            }
        });
        one.replication.bindings().release(KEY);
        Awaited.end(binds);
        replicas.exchange();
        assertThat(replicas.all)
                .extracting(replica -> Optional.ofNullable(replica.table.peek(KEY)))
                .containsOnly(Optional.ofNullable(one.table.peek(KEY)));
    }

    @Test
    void aBindingThatIsTakenBackLeavesALaterOneAlone() {
        one.replication.bindings().bind(KEY, A);
        replicas.exchange();
        two.replication.bindings().bind(KEY, B);
        one.replication.bindings().release(KEY, A);
        replicas.exchange();
        assertThat(three.table.peek(KEY)).isEqualTo(B);
    }

    @Test
    void aBindingThatIsRestoredIsRestoredEverywhere() {
        one.replication.bindings().bind(KEY, A);
        replicas.exchange();
        two.replication.bindings().bind(KEY, B);
        replicas.exchange();
        two.replication.bindings().rebind(KEY, B, A);
        two.replication.bindings().bindIfAbsent(KEY, C);
        replicas.exchange();
        assertThat(replicas.all).extracting(replica -> replica.table.peek(KEY)).containsOnly(A);
    }

    @Test
    void whereAStoredResponseIsAllKnow() {
        one.responses.made("default", "resp_1", C);
        replicas.exchange();
        assertThat(replicas.all)
                .extracting(replica -> replica.responses.owner("default", "resp_1"))
                .containsOnly(C);
        assertThat(two.replication.gather()).isEmpty();
    }

    @Test
    void whoJoinsLearnsWhereStoredResponsesAre() {
        one.responses.made("default", "resp_1", C);
        Replica late = replicas.add();
        one.replication.writeState(message -> late.replication.receive(one.id, message));
        assertThat(late.responses.owner("default", "resp_1")).isEqualTo(C);
    }

    @Test
    void whatOnePlacesAllPredict() {
        one.share.contents().insert(A, prompt(1, 2, 3));
        replicas.exchange();
        assertThat(two.matched(A, prompt(1, 2, 3, 4))).isEqualTo(3);
        assertThat(two.matched(B, prompt(1, 2, 3, 4))).isZero();
    }

    @Test
    void aLaterTurnTellsItsNewBlocksOnly() {
        long[] first = new long[500];
        long[] second = new long[510];
        for (int i = 0; i < second.length; i++) {
            second[i] = i + 1;
            if (i < first.length) {
                first[i] = i + 1;
            }
        }
        one.share.contents().insert(A, prompt(first));
        replicas.exchange();
        one.share.contents().insert(A, prompt(second));
        List<byte[]> messages = one.replication.gather();
        assertThat(messages).hasSize(1);
        assertThat(messages.get(0).length).isLessThan(150);
        replicas.deliver(one, messages.get(0));
        assertThat(two.matched(A, prompt(second))).isEqualTo(510);
    }

    @Test
    void aTurnThatIsToldKeepsItsWholePromptFromBeingEvicted() {
        two.index.capacity(A, 6);
        one.share.contents().insert(A, prompt(1, 2));
        replicas.exchange();
        one.share.contents().insert(A, prompt(11, 12, 13));
        replicas.exchange();
        one.share.contents().insert(A, prompt(1, 2, 3));
        replicas.exchange();
        one.share.contents().insert(A, prompt(21, 22, 23));
        replicas.exchange();
        assertThat(two.matched(A, prompt(1, 2, 3))).isEqualTo(3);
        assertThat(two.matched(A, prompt(11, 12, 13))).isZero();
    }

    @Test
    void aPromptWhoseBeginningWasMissedIsToldAgainAsAWhole() {
        one.share.contents().insert(A, prompt(1, 2, 3));
        one.replication.gather();
        one.share.contents().insert(A, prompt(1, 2, 3, 4));
        replicas.exchange();
        assertThat(two.matched(A, prompt(1, 2, 3, 4))).isEqualTo(4);
        assertThat(two.replication.unknownBeginnings()).isEqualTo(1);
    }

    @Test
    void aPromptOfAMillionTokensIsToldInSeveralRecords() {
        long[] hashes = new long[16_000];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = i + 1;
        }
        replicas.all.forEach(replica -> replica.index.capacity(A, 20_000));
        one.share.contents().insert(A, prompt(hashes));
        List<byte[]> messages = one.replication.gather();
        assertThat(messages)
                .allSatisfy(message -> assertThat(message.length).isLessThanOrEqualTo(Replication.MAX_MESSAGE_BYTES));
        messages.forEach(message -> replicas.deliver(one, message));
        assertThat(two.matched(A, prompt(hashes))).isEqualTo(16_000);
    }

    @Test
    void whatWasNotComputedIsPredictedNowhere() {
        one.share.contents().insert(A, prompt(1, 2, 3));
        one.share.contents().trim(A, prompt(1, 2, 3), 1);
        replicas.exchange();
        assertThat(two.matched(A, prompt(1, 2, 3))).isEqualTo(1);
    }

    @Test
    void aRestartThatOneSawEmptiesThePredictionOfAll() {
        one.share.contents().insert(A, prompt(1, 2, 3));
        one.share.contents().insert(B, prompt(1, 2, 3));
        replicas.exchange();
        two.share.contents().emptied(A);
        replicas.exchange();
        assertThat(three.matched(A, prompt(1, 2, 3))).isZero();
        assertThat(three.matched(B, prompt(1, 2, 3))).isEqualTo(3);
    }

    @Test
    void loadIsTheSumOfAllOthersAndReturnsToZero() {
        Lease first = one.inFlight.open(A, 100, 70);
        Lease second = two.inFlight.open(A, 10, 7);
        replicas.exchange();
        assertThat(three.share.load().requests(A)).isEqualTo(2);
        assertThat(three.share.load().promptTokens(A)).isEqualTo(110);
        assertThat(three.share.load().prefillTokens(A)).isEqualTo(77);
        assertThat(one.share.load().requests(A)).isEqualTo(1);
        first.firstByte();
        replicas.exchange();
        assertThat(three.share.load().prefillTokens(A)).isEqualTo(7);
        first.close();
        second.close();
        replicas.exchange();
        assertThat(three.share.load().requests(A)).isZero();
        assertThat(three.share.load().promptTokens(A)).isZero();
    }

    @Test
    void aLostMessageOfLoadsIsHealedByTheNextWholeOne() {
        one.inFlight.open(A, 100, 70);
        one.replication.gather();
        replicas.nanos.addAndGet(Duration.ofMillis(500).toNanos());
        replicas.exchange();
        assertThat(two.share.load().requests(A)).isEqualTo(1);
    }

    @Test
    void whoIsSilentForTwoSecondsCountsAsNothing() {
        one.inFlight.open(A, 100, 70);
        replicas.exchange();
        replicas.nanos.addAndGet(Duration.ofMillis(2001).toNanos());
        two.replication.gather();
        assertThat(two.share.load().requests(A)).isZero();
    }

    @Test
    void whoHasLeftCountsAsNothingAtOnce() {
        one.inFlight.open(A, 100, 70);
        replicas.exchange();
        two.replication.left(one.id);
        assertThat(two.share.load().requests(A)).isZero();
    }

    @Test
    void whoJoinsTakesOverAllThatIsKnown() {
        one.replication.bindings().bind(KEY, C);
        one.share.contents().insert(C, prompt(1, 2, 3));
        one.share.contents().insert(C, prompt(1, 2, 7, 8));
        one.inFlight.open(B, 5, 5);
        replicas.exchange();
        Replica joins = replicas.add();
        one.replication.writeState(message -> joins.replication.receive(one.id, message));
        assertThat(joins.table.peek(KEY)).isEqualTo(C);
        assertThat(joins.matched(C, prompt(1, 2, 3))).isEqualTo(3);
        assertThat(joins.matched(C, prompt(1, 2, 7, 8))).isEqualTo(4);
        assertThat(joins.share.load().requests(B)).isEqualTo(1);
    }

    @Test
    void whoJoinsTakesOverWhatIsKnownOfRanksItHasNotSeenYet() {
        one.pool.ranks(A, 2);
        one.share.contents().insert(A.rank(1), prompt(1, 2, 3));
        one.replication.bindings().bind(KEY, A.rank(1));
        Replica late = replicas.add();
        one.replication.writeState(message -> late.replication.receive(one.id, message));
        assertThat(late.pool.snapshot().atServerOf(A)).hasSize(2);
        assertThat(late.table.peek(KEY)).isEqualTo(A.rank(1));
        assertThat(late.matched(A.rank(1), prompt(1, 2, 3))).isEqualTo(3);
        assertThat(late.replication.unknownEndpoints()).isZero();
    }

    @Test
    void whatAReplicaHasAskedAServerItselfCounts() {
        one.pool.ranks(A, 2);
        two.pool.ranks(A, 1);
        one.replication.writeState(message -> two.replication.receive(one.id, message));
        assertThat(two.pool.snapshot().atServerOf(A)).hasSize(1);
    }

    @Test
    void aServerThatIsDrainedIsDrainedWhereItsRanksAreNotKnownYet() {
        one.pool.ranks(A, 2);
        one.health.drains().everywhere(A.rank(1), new Drain(true, 1));
        replicas.exchange();
        assertThat(two.health.drains().all()).containsOnlyKeys(A);
        two.pool.ranks(A, 2);
        assertThat(two.pool.snapshot().atServerOf(A))
                .extracting(Endpoint::state)
                .containsExactly(EndpointState.DRAINED, EndpointState.DRAINED);
    }

    @Test
    void aServerThatIsDrainedIsDrainedWhereItsRanksAreKnown() {
        one.pool.ranks(A, 2);
        two.pool.ranks(A, 2);
        one.health.drains().everywhere(A.rank(0), new Drain(true, 1));
        replicas.exchange();
        assertThat(two.pool.snapshot().atServerOf(A))
                .extracting(Endpoint::state)
                .containsExactly(EndpointState.DRAINED, EndpointState.DRAINED);
    }

    @Test
    void whatIsTakenOverIsEvictedInTheSameOrder() {
        one.share.contents().insert(A, prompt(1, 2));
        one.share.contents().insert(A, prompt(11, 12));
        Replica joins = replicas.add();
        one.replication.writeState(message -> joins.replication.receive(one.id, message));
        joins.index.capacity(A, 2);
        assertThat(joins.matched(A, prompt(11, 12))).isEqualTo(2);
        assertThat(joins.matched(A, prompt(1, 2))).isZero();
    }

    @Test
    void factsThatDoNotFitAreDroppedAndSaidToBeMissing() {
        Replica small = replicas.add(1);
        small.replication.bindings().bind(KEY, A);
        small.replication.bindings().bind(KEY, B);
        replicas.exchange();
        assertThat(small.replication.dropped()).isEqualTo(1);
        assertThat(replicas.incomplete).containsOnly(small.id);
    }

    @Test
    void endpointsThatAreNotKnownHereAreSkipped() {
        two.pool.replace(two.pool.snapshot().endpoints().subList(1, 3));
        one.share.contents().insert(A, prompt(1, 2));
        one.share.contents().insert(B, prompt(1, 2, 3));
        one.replication.bindings().bind(KEY, A);
        replicas.exchange();
        assertThat(two.matched(B, prompt(1, 2, 3))).isEqualTo(3);
        assertThat(two.table.peek(KEY)).isNull();
        assertThat(two.replication.unknownEndpoints()).isPositive();
    }

    @Test
    void recordsOfALaterVersionAreSkippedAndCounted() {
        List<byte[]> messages = new ArrayList<>();
        one.replication.bindings().bind(KEY, A);
        messages.addAll(one.replication.gather());
        byte[] known = messages.get(0);
        byte[] later = new byte[known.length + 4];
        later[0] = known[0];
        later[1] = (byte) 200;
        later[2] = 2;
        System.arraycopy(known, 1, later, 5, known.length - 1);
        assertThat(two.replication.receive(one.id, later)).isTrue();
        assertThat(two.table.peek(KEY)).isEqualTo(A);
        assertThat(two.replication.skipped()).isEqualTo(1);
    }

    @Test
    void messagesOfALaterVersionAreSkippedAndCounted() {
        assertThat(two.replication.receive(one.id, new byte[] {9, 1, 2, 3})).isFalse();
        assertThat(two.replication.skipped()).isEqualTo(1);
    }

    @Test
    void whatOnePostsTheOthersReadUntilItLeaves() {
        one.replication.post(List.of(new byte[] {1}));
        one.replication.post(List.of(new byte[] {2, 3}));
        replicas.exchange();
        assertThat(two.replication.bulletins().get(one.id)).containsExactly(new byte[] {2, 3});
        assertThat(one.replication.bulletins()).isEmpty();

        two.replication.left(two.replication.bulletins().keySet().iterator().next());
        assertThat(two.replication.bulletins()).isEmpty();
    }

    @Test
    void aBulletinOfSeveralPagesIsReadAsAWholeAndReplacedAsAWhole() {
        List<byte[]> pages = new ArrayList<>();
        for (int page = 0; page < Replication.MAX_PAGES; page++) {
            byte[] full = new byte[Replication.MAX_PAGE_BYTES];
            Arrays.fill(full, (byte) page);
            pages.add(full);
        }
        one.replication.post(pages);
        List<byte[]> messages = one.replication.gather();
        assertThat(messages)
                .allSatisfy(message -> assertThat(message.length).isLessThanOrEqualTo(Replication.MAX_MESSAGE_BYTES));
        messages.subList(0, messages.size() - 1).forEach(message -> replicas.deliver(one, message));
        assertThat(two.replication.bulletins()).as("until all are there").isEmpty();
        replicas.deliver(one, messages.get(messages.size() - 1));
        assertThat(two.replication.bulletins().get(one.id)).containsExactlyElementsOf(pages);

        one.replication.post(List.of(new byte[] {7}, new byte[] {8}));
        replicas.exchange();
        assertThat(two.replication.bulletins().get(one.id)).containsExactly(new byte[] {7}, new byte[] {8});
        assertThat(two.replication.skipped()).isZero();
    }

    @Test
    void digestsOfSettingsAreToldAtOnceAndEveryTenSecondsAndToWhoeverJoins() {
        Map<String, Long> digests = Map.of("affinity", -7L, "limits", Long.MAX_VALUE);
        one.replication.tellSettings(digests);
        replicas.exchange();
        assertThat(two.replication.settings()).isEqualTo(Map.of(one.id, digests));
        assertThat(one.replication.settings()).isEmpty();

        Replica joined = replicas.add();
        one.replication.writeState(message -> joined.replication.receive(one.id, message));
        assertThat(joined.replication.settings()).isEqualTo(Map.of(one.id, digests));

        one.replication.tellSettings(Map.of("affinity", 8L));
        replicas.exchange();
        assertThat(two.replication.settings().get(one.id)).isEqualTo(Map.of("affinity", 8L));

        two.replication.left(one.id);
        replicas.exchange();
        assertThat(two.replication.settings()).isEmpty();
        replicas.nanos.addAndGet(Duration.ofSeconds(10).toNanos());
        replicas.exchange();
        assertThat(two.replication.settings()).containsOnlyKeys(one.id);
        assertThat(two.replication.skipped()).isZero();
    }

    @Test
    void whatAnOperatorSaidLastOfAnEndpointCountsEverywhereAndForWhoeverJoins() {
        one.health.drains().everywhere(A, new Drain(true, 2));
        replicas.exchange();
        assertThat(two.health.drains().all()).containsEntry(A, new Drain(true, 2));
        assertThat(two.pool.snapshot().find(A).state()).isEqualTo(EndpointState.DRAINED);

        three.health.drains().everywhere(A, new Drain(false, 1));
        replicas.exchange();
        assertThat(two.pool.snapshot().find(A).state()).isEqualTo(EndpointState.DRAINED);

        Replica joined = replicas.add();
        one.replication.writeState(message -> joined.replication.receive(one.id, message));
        assertThat(joined.pool.snapshot().find(A).state()).isEqualTo(EndpointState.DRAINED);
    }

    @Test
    void ofTwoOrdersAtOnceTheOneThatDrainsCounts() {
        one.health.drains().everywhere(A, new Drain(true, 5));
        two.health.drains().everywhere(A, new Drain(false, 5));
        replicas.exchange();
        assertThat(replicas.all)
                .extracting(replica -> replica.health.drains().all())
                .containsOnly(Map.of(A, new Drain(true, 5)));
    }
}
