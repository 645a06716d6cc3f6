package dev.warmlane.core.routing.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.HealthWatch;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.DecisionLog;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.routing.PoolLoad.ReplicaLoad;
import dev.warmlane.core.routing.PoolMemory;
import dev.warmlane.core.routing.Router;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingDecision.Candidate;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingRequest.PrefillBypass;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Who computes the prompt of a response is part of what it costs. */
class PrefillLegsTest {
    /** 10.5 us a token, where computing one takes 45. */
    private static final double FAST = 131_072 * 8 / 100e9;

    private static final double SLOW = 30 * FAST;

    private final InFlight inFlight = new InFlight();
    private long nanos = 1;
    private final EndpointPool pool = new EndpointPool("p");

    @Test
    void aLongPromptIsComputedWhereNobodyGenerates() {
        Router router = router(FAST, false, false, Role.PREFILL, Role.DECODE);
        occupy(router, 10);
        RoutingDecision decision = explain(router, prompt(1, 8000));
        assertThat(prefill(decision).endpoint().id()).isEqualTo(id(0));
        assertThat(prefill(decision).uncachedTokens()).isEqualTo(8000);
        assertThat(decision.endpoint().id()).isEqualTo(id(1));
        assertThat(decision.bypass()).isNull();
    }

    @Test
    void aShortPromptNeverPaysForATransfer() {
        Router router = router(FAST, false, false, Role.PREFILL, Role.DECODE);
        occupy(router, 1);
        RoutingDecision decision = explain(router, prompt(1, 64));
        assertThat(decision.prefill()).isNull();
        assertThat(decision.bypass()).isEqualTo(PrefillBypass.CHEAPER);
    }

    @Test
    void aSlowNetworkIsNotUsed() {
        Router router = router(SLOW, false, false, Role.PREFILL, Role.DECODE);
        occupy(router, 10);
        assertThat(explain(router, prompt(1, 8000)).prefill()).isNull();
    }

    @Test
    void whatTransfersTakeIsLearned() {
        Router router = router(FAST, false, false, Role.PREFILL, Role.DECODE);
        occupy(router, 10);
        double before = transferring(router);
        for (int i = 0; i < 20; i++) {
            try (Dispatch dispatch = Objects.requireNonNull(router.dispatch(prompt(10 + i, 8000), Set.of()))) {
                Dispatch leg = dispatch.prefill();
                if (leg != null) {
                    leg.firstToken();
                    nanos += 2_000_000_000;
                    dispatch.firstToken();
                }
            }
        }
        assertThat(transferring(router)).isGreaterThan(3 * before);
        assertThat(explain(router, prompt(99, 8000)).prefill()).isNull();
    }

    private static double transferring(Router router) {
        return explain(router, prompt(9, 8000)).candidates().get(1).terms().transferring();
    }

    @Test
    void whereNobodyGeneratesOneEndpointIsEnough() {
        Router router = router(FAST, false, false, Role.PREFILL, Role.DECODE);
        assertThat(explain(router, prompt(1, 8000)).bypass()).isEqualTo(PrefillBypass.CHEAPER);
    }

    @Test
    void aDecodeEndpointThatHoldsThePromptIsUsedAlone() {
        Router router = router(FAST, false, false, Role.PREFILL, Role.DECODE, Role.DECODE);
        occupy(router, 10);
        RoutingRequest first = prompt(1, 8000);
        RoutingDecision before;
        try (Dispatch dispatch = Objects.requireNonNull(router.dispatch(first, Set.of()))) {
            before = dispatch.decision();
            assertThat(inFlight.prefillTokens(id(0))).isEqualTo(8000);
            assertThat(inFlight.prefillTokens(before.endpoint().id())).isZero();
        }
        assertThat(before.prefill()).isNotNull();
        RoutingDecision after = explain(router, first);
        assertThat(after.endpoint()).isEqualTo(before.endpoint());
        assertThat(after.outcome()).isEqualTo(Outcome.BOUND);
        assertThat(after.bypass()).isEqualTo(PrefillBypass.HELD);
        assertThat(inFlight.prefillTokens(id(0))).isZero();
        // Another session with the same prompt: the prefill endpoint holds it as well.
        Candidate elsewhere = after.candidates().stream()
                .filter(c -> c.prefill() != null && !c.endpoint().equals(before.endpoint()))
                .findFirst()
                .orElseThrow();
        assertThat(elsewhere.terms().computing()).isLessThan(100);
        assertThat(elsewhere.terms().transferring()).isGreaterThan(1000);
    }

    @Test
    void bothWaysAreShownAndTheirTermsAddUp() {
        Router router = router(FAST, false, false, Role.PREFILL, Role.DECODE, Role.DECODE, Role.BOTH);
        occupy(router, 10);
        RoutingDecision decision = explain(router, prompt(1, 8000));
        assertThat(decision.candidates()).hasSize(5).allSatisfy(candidate -> {
            var terms = candidate.terms();
            double sum =
                    terms.waiting() + terms.computing() + terms.delaying() + terms.decoding() + terms.transferring();
            assertThat(candidate.cost()).isEqualTo(sum - terms.staying());
            assertThat(terms.transferring() > 0).isEqualTo(candidate.prefill() != null);
        });
        assertThat(prefill(decision).candidates()).hasSize(1);
    }

    @Test
    void promptsCanAlwaysBeComputedElsewhere() {
        Router router = router(SLOW, true, false, Role.PREFILL, Role.DECODE);
        assertThat(explain(router, prompt(1, 64)).prefill()).isNotNull();
        RoutingRequest several = prompt(2, 64, PrefillBypass.SEVERAL);
        assertThat(explain(router, several).bypass()).isEqualTo(PrefillBypass.SEVERAL);
        Dispatch tried = Objects.requireNonNull(router.dispatch(prompt(1, 64), Set.of(id(0))));
        assertThat(tried.decision().bypass()).isEqualTo(PrefillBypass.NO_ENDPOINT);
    }

    @Test
    void aPromptThatItsDecodeEndpointComputesAfterAllIsToBeComputedThere() {
        Router router = router(FAST, false, false, Role.PREFILL, Role.DECODE);
        occupy(router, 10);
        try (Dispatch dispatch = Objects.requireNonNull(router.dispatch(prompt(1, 8000), Set.of()))) {
            assertThat(inFlight.prefillTokens(id(0))).isEqualTo(8000);
            assertThat(inFlight.prefillTokens(id(1))).isZero();
            dispatch.recomputes();
            assertThat(inFlight.prefillTokens(id(0))).isZero();
            assertThat(inFlight.prefillTokens(id(1))).isEqualTo(8000);
        }
        assertThat(inFlight.prefillTokens(id(1))).isZero();
    }

    @Test
    void bothEndpointsArePredictedToHoldAPromptThatWasTransferred() {
        Router router = router(FAST, false, false, Role.PREFILL, Role.DECODE);
        occupy(router, 10);
        try (Dispatch dispatch = Objects.requireNonNull(router.dispatch(prompt(1, 8000), Set.of()))) {
            Dispatch leg = Objects.requireNonNull(dispatch.prefill());
            leg.accepted();
            leg.firstToken();
            dispatch.transferred();
            dispatch.firstToken();
        }
        RoutingDecision again = explain(router, prompt(1, 8000));
        assertThat(again.candidates())
                .allSatisfy(candidate -> assertThat(candidate.matchedTokens()).isEqualTo(8000));
        pool.replace(List.of(
                pool.snapshot().endpoints().get(0),
                Endpoint.ofUri(URI.create(id(2).value())).withRole(Role.DECODE)));
        assertThat(prefill(explain(router, prompt(1, 8000))).matchedTokens()).isEqualTo(8000);
    }

    @Test
    void aLegThatFailedLeavesNothingBehind() {
        Router router = router(FAST, true, false, Role.PREFILL, Role.DECODE);
        try (Dispatch dispatch = Objects.requireNonNull(router.dispatch(prompt(1, 8000), Set.of()))) {
            Objects.requireNonNull(dispatch.prefill()).failed(FailureCause.RESET);
        }
        assertThat(prefill(explain(router, prompt(1, 8000))).matchedTokens()).isZero();
    }

    @Test
    void endpointsForWholeRequestsComputePromptsOfOthersIfTheyMay() {
        Router may = router(FAST, false, true, Role.BOTH, Role.DECODE);
        occupy(may, 20);
        assertThat(explain(may, prompt(1, 8000)).candidates()).hasSize(3);
        Router mayNot = router(FAST, false, false, Role.BOTH, Role.DECODE);
        assertThat(explain(mayNot, prompt(1, 8000)).candidates()).hasSize(2);
    }

    private Router router(double transferSeconds, boolean always, boolean both, Role... roles) {
        Endpoint[] endpoints = new Endpoint[roles.length];
        Arrays.setAll(endpoints, i -> Endpoint.ofUri(URI.create(id(i).value())).withRole(roles[i]));
        pool.replace(Arrays.asList(endpoints));
        CostParameters parameters =
                new CostParameters(2, 0.15, 0.3, 1.5, 5, 0.25, 37_500, 256, 4, transferSeconds, always, both);
        PoolMemory memory = new PoolMemory(
                new AffinityTable(100, Duration.ofHours(2), () -> 0L),
                new PrefixIndex(10_000),
                256,
                inFlight,
                ReplicaLoad.NONE,
                1,
                () -> nanos);
        return new Router(
                pool,
                new ExpectedCostPolicy(parameters),
                memory,
                new DecisionLog(4, InstantSource.system()),
                HealthWatch.NONE);
    }

    /** Lets every endpoint that decodes generate so many short responses. */
    private void occupy(Router router, int requests) {
        int decoding = pool.snapshot().selectable().size();
        for (int i = 0; i < requests * decoding; i++) {
            Dispatch dispatch = Objects.requireNonNull(router.dispatch(prompt(1000 + i, 64), Set.of()));
            dispatch.firstByte();
        }
    }

    private static RoutingDecision explain(Router router, RoutingRequest request) {
        return Objects.requireNonNull(router.explain(request));
    }

    private static RoutingDecision prefill(RoutingDecision decision) {
        return Objects.requireNonNull(decision.prefill());
    }

    /** A session with a prompt of its own, in blocks of 64 tokens. */
    private static RoutingRequest prompt(int session, int tokens) {
        return prompt(session, tokens, null);
    }

    private static RoutingRequest prompt(int session, int tokens, @Nullable PrefillBypass whole) {
        long[] blocks = new long[tokens / 64];
        Arrays.setAll(blocks, i -> 100_000L * session + i);
        AffinityKey key = AffinityKey.of("p", KeySource.SESSION, "s" + session);
        PromptBlocks prompt = PromptBlocks.of(blocks, 256, tokens * 4L);
        return new RoutingRequest(key, prompt, Set.of(), null, null, false, false, null, whole);
    }

    private static EndpointId id(int index) {
        return new EndpointId("http://e" + index + ":1");
    }
}
