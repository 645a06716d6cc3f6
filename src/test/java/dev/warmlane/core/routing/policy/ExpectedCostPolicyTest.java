package dev.warmlane.core.routing.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.PoolAverages.UsageReport;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingDecision.Candidate;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ExpectedCostPolicyTest extends RoutingPolicyContract {
    private static final double LAMBDA = 0.3 * 300 / 1000;

    /** What computing 6,400 tokens takes. */
    private static final double W = 6400 * (1 + (6400 - 3200) / 37_500.0);

    private static final RoutingRequest ADDRESS =
            new RoutingRequest(AffinityKey.of("test", KeySource.CLIENT_IP, "10.0.0.1"), PromptBlocks.EMPTY);

    @Override
    RoutingPolicy policy() {
        return expectedCost();
    }

    @Test
    void costsWhatTheFormulaSays() {
        endpoints(2);
        // e0 and e1 hold nothing; one request of 6,400 tokens is in flight where the first went.
        Dispatch first = dispatch(longPrompt(1));
        RoutingDecision decision = router.explain(longPrompt(2));
        for (Candidate candidate : decision.candidates()) {
            boolean busy = candidate.endpoint().equals(first.endpoint());
            double expected = busy ? 6400 + W * (2 + 0.15) + LAMBDA * 12_800 : W * 2 + LAMBDA * 6400;
            assertThat(candidate.cost()).isCloseTo(expected, within(0.001));
        }
        assertThat(decision.endpoint()).isNotEqualTo(first.endpoint());
    }

    /** Between two turns of the first session its endpoint has nothing to do, and holds the beginning. */
    @Test
    void aSessionBeginsWhereThereIsRoomUnlessThatLosesMuch() {
        endpoints(2);
        Endpoint home = begins("a", 40);
        assertThat(router.explain(beginning("b", 10)).endpoint()).isNotEqualTo(home);
        assertThat(router.explain(beginning("b", 40)).endpoint()).isEqualTo(home);
        assertThat(router.explain(beginning("a", 40)).endpoint()).isEqualTo(home);
        RoutingRequest noSession = prompt(blocks("b", 10));
        assertThat(router.explain(noSession).endpoint()).isEqualTo(home);
        index.capacity(other(home).id(), 10_000 - 1);
        assertThat(router.explain(beginning("b", 10)).endpoint()).isEqualTo(home);
    }

    @Test
    void aSessionBeginsByCostWhereTheOthersHadSomethingToDo() {
        endpoints(2);
        Endpoint home = begins("a", 40);
        index.capacity(other(home).id(), 20_000);
        Dispatch elsewhere = router.dispatch(longPrompt(1), Set.of(home.id()));
        lookASecondLater(2);
        elsewhere.close();
        assertThat(router.explain(beginning("b", 10)).endpoint()).isEqualTo(home);
        nanos += 600_000_000_000L;
        lookASecondLater(3);
        assertThat(router.explain(beginning("b", 10)).endpoint()).isNotEqualTo(home);
    }

    private void lookASecondLater(int prompt) {
        nanos += 1_000_000_000L;
        dispatch(longPrompt(prompt)).close();
    }

    private Endpoint begins(String name, int shared) {
        Dispatch first = dispatch(beginning(name, shared));
        first.close();
        return first.endpoint();
    }

    private Endpoint other(Endpoint endpoint) {
        return pool.snapshot().endpoints().stream()
                .filter(candidate -> !candidate.equals(endpoint))
                .findFirst()
                .orElseThrow();
    }

    /** 100 blocks of a session, so many of them common to all. */
    private static RoutingRequest beginning(String name, int shared) {
        return withPrompt(session(name), prompt(blocks(name, shared)));
    }

    private static long[] blocks(String name, int shared) {
        return LongStream.range(0, 100)
                .map(block -> block < shared ? block : 1000L * name.hashCode() + block)
                .toArray();
    }

    @Test
    void aSessionPricesAStartingEndpointByTheLoadThatItWillHave() {
        endpoints(1);
        dispatch(session("s", 1)).close();
        pool.replace(List.of(endpoint("e0"), endpoint("e1").starting(0.75)));
        router.dispatch(longPrompt(2), Set.of(new EndpointId("e1")));
        router.dispatch(longPrompt(3), Set.of(new EndpointId("e1")));
        // Nothing but the load itself keeps it from its first.
        assertThat(costAtStarting(session("s", 1))).isCloseTo(2 * W + LAMBDA * 6400, within(0.001));
        router.dispatch(longPrompt(4), Set.of(new EndpointId("e0")));
        // Two requests would wait for it, and a quarter of 12,800 tokens is still to come.
        double expected = 6400 + W * (2 + 2 * 0.15) + LAMBDA * (6400 + 0.25 * 12_800 + 6400);
        assertThat(costAtStarting(session("s", 1))).isCloseTo(expected, within(0.001));
        // What is bound nowhere leaves no cache.
        expected = 6400 + W * (2 + 0.15) + LAMBDA * (6400 + 6400);
        assertThat(costAtStarting(longPrompt(9))).isCloseTo(expected, within(0.001));
    }

    /** A session's cache is where streams that should have begun long ago still wait: its prompt is computed again elsewhere. */
    @Test
    void nothingIsSentBehindStreamsThatDoNotBegin() {
        endpoints(2);
        Dispatch home = dispatch(session("s", 1));
        home.firstToken();
        List<Dispatch> waiting = waitingBehind(home, true);
        nanos += 1_000_000_000L;
        assertThat(router.explain(session("s", 1)).outcome()).isEqualTo(Outcome.BOUND);
        nanos += 30_000_000_000L;
        assertThat(router.explain(session("s", 1)).outcome()).isEqualTo(Outcome.MOVED);
        waiting.get(0).firstToken();
        assertThat(router.explain(session("s", 1)).outcome()).isEqualTo(Outcome.BOUND);
    }

    /** Their first byte comes when all of them is generated. */
    @Test
    void responsesThatAreNoStreamsAreNotLate() {
        endpoints(2);
        waitingBehind(dispatch(session("s", 1)), false);
        nanos += 600_000_000_000L;
        assertThat(router.explain(session("s", 1)).outcome()).isEqualTo(Outcome.BOUND);
    }

    private List<Dispatch> waitingBehind(Dispatch home, boolean streams) {
        return Stream.of("a", "b")
                .map(name -> router.dispatch(
                        new RoutingRequest(
                                session(name).key(),
                                session("s", 1).prompt(),
                                Set.of(),
                                null,
                                null,
                                false,
                                streams,
                                null,
                                null),
                        others(home.endpoint())))
                .toList();
    }

    private RoutingRequest session(String name, int prompt) {
        return new RoutingRequest(session(name).key(), longPrompt(prompt).prompt());
    }

    private double costAtStarting(RoutingRequest request) {
        return router.explain(request).candidates().get(1).cost();
    }

    @Test
    void theFirstByteEndsTheWaitButNotTheLoad() {
        endpoints(1);
        Dispatch first = dispatch(longPrompt(1));
        first.firstByte();
        Candidate candidate = router.explain(longPrompt(2)).candidates().get(0);
        assertThat(candidate.prefillTokens()).isZero();
        assertThat(candidate.promptTokens()).isEqualTo(6400);
        assertThat(candidate.requests()).isEqualTo(1);
    }

    @Test
    void aSessionStaysUntilWaitingThereCostsMoreThanItsStickiness() {
        endpoints(2);
        Dispatch first = dispatch(session("s"));
        first.close();
        List<Dispatch> open = new ArrayList<>();
        int stayed = 0;
        while (router.explain(session("s")).outcome() == Outcome.BOUND && stayed < 100) {
            open.add(router.dispatch(longPrompt(stayed), others(first.endpoint())));
            stayed++;
        }
        // 32,768 tokens of prefill are in the way of five prompts of 6,400.
        assertThat(stayed).isBetween(4, 6);
        assertThat(router.explain(session("s")).outcome()).isEqualTo(Outcome.MOVED);
        open.forEach(Dispatch::close);
        assertThat(router.explain(session("s")).outcome()).isEqualTo(Outcome.BOUND);
    }

    @Test
    void whereThereIsNoRoomASessionStaysForNoMoreThanItsCacheIsWorth() {
        endpoints(2);
        RoutingRequest small = withPrompt(session("small"), prompt(1, 2, 3));
        Dispatch first = dispatch(small);
        first.close();
        // 192 tokens are held here alone: not worth the wait for 6,400, though a session may wait for 32,768 while
        // there is room.
        Dispatch busy = router.dispatch(longPrompt(1), others(first.endpoint()));
        assertThat(router.explain(small).outcome()).isEqualTo(Outcome.BOUND);
        router.notes().capacity(first.endpoint().id(), 6400);
        assertThat(router.explain(small).outcome()).isEqualTo(Outcome.MOVED);
        busy.close();
        assertThat(router.explain(small).outcome()).isEqualTo(Outcome.BOUND);
    }

    @Test
    void aBatchUnderOneSessionGoesWhereItWaitsLeast() {
        endpoints(2);
        RoutingRequest same = withPrompt(session("s"), longPrompt(1));
        EndpointId home = dispatch(same).endpoint().id();
        for (int i = 2; i <= 7; i++) {
            Dispatch beside = dispatch(same);
            assertThat(beside.endpoint().id()).isEqualTo(home);
            beside.firstByte();
        }
        // An agent may have as many parallel calls, and waits to stay.
        RoutingRequest next = withPrompt(session("s"), longPrompt(2));
        assertThat(router.explain(next).outcome()).isEqualTo(Outcome.BOUND);
        Dispatch eighth = dispatch(same);
        assertThat(router.explain(next).outcome()).isEqualTo(Outcome.MOVED);
        // What is held there alone is still worth its computing.
        assertThat(router.explain(same).outcome()).isEqualTo(Outcome.BOUND);
        eighth.close();
        assertThat(router.explain(next).outcome()).isEqualTo(Outcome.BOUND);
    }

    @Test
    void anAddressThatManyShareLeavesSooner() {
        endpoints(2);
        Dispatch first = dispatch(ADDRESS);
        first.close();
        int stayed = 0;
        while (router.explain(ADDRESS).outcome() == Outcome.BOUND && stayed < 100) {
            router.dispatch(longPrompt(stayed), others(first.endpoint()));
            stayed++;
        }
        assertThat(stayed).isBetween(1, 2);
    }

    @Test
    void independentPromptsOfOneAddressGoByTheirOwnBeginning() {
        endpoints(4);
        Map<String, Integer> went = new HashMap<>();
        for (int i = 0; i < 80; i++) {
            Dispatch dispatch = dispatch(withPrompt(ADDRESS, longPrompt(i)));
            assertThat(dispatch.decision().source()).isEqualTo(KeySource.PROMPT_PREFIX);
            went.merge(dispatch.endpoint().name(), 1, Integer::sum);
            dispatch.close();
        }
        assertThat(went).hasSize(4);
        for (int i = 0; i < 80; i++) {
            RoutingDecision again = router.explain(withPrompt(ADDRESS, longPrompt(i)));
            assertThat(again.matchedTokens()).isEqualTo(6400);
        }
    }

    @Test
    void aConversationOfAnAddressStaysWhereItIs() {
        endpoints(4);
        Dispatch first = dispatch(withPrompt(ADDRESS, longPrompt(1)));
        dispatch(withPrompt(ADDRESS, longPrompt(7)));
        // So busy that others would be cheaper, but not by what an address is worth.
        first.close();
        for (int i = 0; i < 3; i++) {
            router.dispatch(withPrompt(session("other"), longPrompt(10 + i)), others(first.endpoint()));
        }
        RoutingRequest grown =
                prompt(LongStream.rangeClosed(0, 100).map(block -> 1000 + block).toArray());
        assertThat(router.explain(new RoutingRequest(grown.key(), grown.prompt()))
                        .endpoint())
                .isNotEqualTo(first.endpoint());
        RoutingDecision next = router.explain(withPrompt(ADDRESS, grown));
        assertThat(next.endpoint()).isEqualTo(first.endpoint());
        assertThat(next.source()).isEqualTo(KeySource.CLIENT_IP);
        assertThat(next.outcome()).isEqualTo(Outcome.BOUND);
        RoutingDecision other = router.explain(withPrompt(ADDRESS, prompt(1000, 1001, 5)));
        assertThat(other.endpoint()).isNotEqualTo(first.endpoint());
        assertThat(other.source()).isEqualTo(KeySource.PROMPT_PREFIX);
    }

    @Test
    void whatGoesOnAfterARequestThatFailedIsNotBound() {
        endpoints(4);
        dispatch(withPrompt(ADDRESS, prompt(1, 2, 3))).failed(FailureCause.CONNECT);
        assertThat(table.peek(ADDRESS.key().after(prompt(1, 2, 3).prompt().hash(2))))
                .isNull();
    }

    @Test
    void promptsWithoutABlockPreferTheAddressesEndpointWhileItIsIdle() {
        endpoints(2);
        RoutingRequest hello = new RoutingRequest(ADDRESS.key(), PromptBlocks.of(new long[0], 256, 100));
        Dispatch first = dispatch(hello);
        assertThat(first.decision().outcome()).isEqualTo(Outcome.PLACED);
        Dispatch busy = router.dispatch(longPrompt(1), others(first.endpoint()));
        assertThat(router.explain(hello).endpoint()).isNotEqualTo(first.endpoint());
        assertThat(router.explain(hello).outcome()).isEqualTo(Outcome.SPILLED);
        busy.close();
        first.close();
        assertThat(router.explain(hello).endpoint()).isEqualTo(first.endpoint());
        assertThat(router.explain(hello).outcome()).isEqualTo(Outcome.BOUND);
    }

    private Set<EndpointId> others(Endpoint than) {
        return pool.snapshot().endpoints().stream()
                .map(Endpoint::id)
                .filter(id -> !id.equals(than.id()))
                .collect(Collectors.toSet());
    }

    @Test
    void aSharedSystemPromptDoesNotSendAFloodToOneEndpoint() {
        endpoints(8);
        long[] blocks = new long[100];
        List<Dispatch> open = new ArrayList<>();
        Map<String, Integer> went = new HashMap<>();
        for (int i = 0; i < 400; i++) {
            blocks[99] = 1000 + i;
            Dispatch dispatch = dispatch(prompt(blocks));
            went.merge(dispatch.endpoint().name(), 1, Integer::sum);
            open.add(dispatch);
            if (open.size() == 64) {
                open.remove(0).close();
            }
        }
        assertThat(went.values())
                .hasSizeGreaterThan(4)
                .allSatisfy(count -> assertThat(count).isLessThan(100));
    }

    @Test
    void aBurstOfEqualPromptsIsComputedOnce() {
        endpoints(4);
        for (int burst = 0; burst < 20; burst++) {
            RoutingRequest problem = longPrompt(burst);
            // None of them has its first token before the last has come.
            List<Dispatch> samples = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                samples.add(router.dispatch(problem, Set.of()));
            }
            assertThat(samples)
                    .extracting(Dispatch::endpoint)
                    .containsOnly(samples.get(0).endpoint());
            assertThat(samples.subList(1, 8))
                    .allSatisfy(sample ->
                            assertThat(sample.decision().matchedTokens()).isEqualTo(6400));
            samples.forEach(Dispatch::close);
        }
    }

    @Test
    void aBurstDoesNotWaitWhereComputingAgainIsCheaper() {
        endpoints(4);
        Dispatch busy = dispatch(longPrompt(1));
        for (int i = 0; i < 5; i++) {
            router.dispatch(longPrompt(10 + i), others(busy.endpoint()));
        }
        assertThat(router.explain(longPrompt(1)).endpoint()).isNotEqualTo(busy.endpoint());
    }

    @Test
    void aSubAgentGoesWhereItsParentIsAsLongAsThatIsCheaper() {
        endpoints(4);
        Dispatch parent = dispatch(withPrompt(session("parent"), longPrompt(1)));
        long[] blocks = LongStream.range(0, 104).map(block -> 1000 + block).toArray();
        blocks[100] = -1;
        RoutingRequest child = withPrompt(session("sub-agent"), prompt(blocks));
        RoutingDecision decision = router.explain(child);
        assertThat(decision.endpoint()).isEqualTo(parent.endpoint());
        assertThat(decision.matchedTokens()).isEqualTo(6400);
        for (int i = 0; i < 5; i++) {
            router.dispatch(longPrompt(10 + i), others(parent.endpoint()));
        }
        assertThat(router.explain(child).endpoint()).isNotEqualTo(parent.endpoint());
    }

    @Test
    void aGrowingPromptFollowsItsOwnBlocks() {
        endpoints(8);
        String bound = dispatchedTo(longPrompt(1));
        long[] grown = new long[110];
        for (int i = 0; i < grown.length; i++) {
            grown[i] = 1000 + i;
        }
        Dispatch next = dispatch(prompt(grown));
        assertThat(next.endpoint().name()).isEqualTo(bound);
        assertThat(next.decision().outcome()).isEqualTo(Outcome.BOUND);
        assertThat(next.decision().matchedTokens()).isEqualTo(6400);
        assertThat(next.decision().uncachedTokens()).isEqualTo(640);
    }

    @Test
    void whatWasNotComputedIsNotPredicted() {
        endpoints(2);
        Dispatch failed = router.dispatch(longPrompt(1), Set.of());
        failed.failed(FailureCause.CONNECT);
        assertThat(router.explain(longPrompt(1)).outcome()).isEqualTo(Outcome.PLACED);
    }

    @Test
    void aNewEndpointGetsTrafficAtOnceAndNoStampede() {
        endpoints(4);
        List<Dispatch> open = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            open.add(dispatch(withPrompt(session("s" + i), longPrompt(i))));
        }
        endpoints(5);
        int toNew = 0;
        for (int i = 64; i < 96; i++) {
            toNew += dispatch(withPrompt(session("s" + i), longPrompt(i)))
                            .endpoint()
                            .name()
                            .equals("e4")
                    ? 1
                    : 0;
        }
        assertThat(toNew).isBetween(8, 24);
    }

    @Test
    void requestsWithoutAKeySpreadByLoad() {
        endpoints(4);
        for (int i = 0; i < 40; i++) {
            dispatch(new RoutingRequest(AffinityKey.none(i), PromptBlocks.EMPTY));
        }
        for (int e = 0; e < 4; e++) {
            assertThat(inFlight.requests(endpoint("e" + e).id())).isEqualTo(10);
        }
    }

    @Test
    void aDrainingEndpointKeepsItsSessionsAndTakesNoNewOnes() {
        endpoints(2);
        String bound = dispatchedTo(session("s"));
        pool.replace(pool.snapshot().endpoints().stream()
                .map(e -> e.name().equals(bound) ? e.withState(EndpointState.DRAINING) : e)
                .toList());
        assertThat(dispatchedTo(session("s"))).isEqualTo(bound);
        for (int i = 0; i < 10; i++) {
            assertThat(dispatchedTo(session("new" + i))).isNotEqualTo(bound);
        }
    }

    @Test
    void learnsHowManyBytesMakeAToken() {
        endpoints(1);
        for (int i = 0; i < 500; i++) {
            dispatch(longPrompt(1)).delivered(new UsageReport(12_800, 500, 0L));
        }
        RoutingDecision decision = router.explain(longPrompt(1));
        assertThat((double) decision.promptTokens()).isCloseTo(12_800, within(10.0));
        assertThat(new RoutingView(memory, pool.snapshot()).averages().outputTokens())
                .isCloseTo(500, within(0.1));
    }
}
