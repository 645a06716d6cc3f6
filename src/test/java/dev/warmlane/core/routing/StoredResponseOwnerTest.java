package dev.warmlane.core.routing;

import static dev.warmlane.core.routing.policy.RoutingPolicyContract.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.HealthWatch;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import dev.warmlane.core.routing.policy.ConsistentHashPolicy;
import dev.warmlane.core.routing.policy.ControlPolicy;
import dev.warmlane.core.routing.policy.ExpectedCostPolicy;
import dev.warmlane.core.routing.policy.ExpectedCostPolicy.StickyPolicy;
import dev.warmlane.core.routing.policy.ShippedCosts;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests about a stored response, by every policy. */
class StoredResponseOwnerTest {
    private static final EndpointId OWNER = new EndpointId("owner");
    private static final int MOST_REQUESTS = 4;

    private final EndpointPool pool = new EndpointPool("p");
    private final AffinityTable table = new AffinityTable(1000, Duration.ofHours(2), () -> 0L);
    private final InFlight inFlight = new InFlight(MOST_REQUESTS);

    @BeforeEach
    void threeEndpoints() {
        pool.replace(List.of(endpoint("owner"), endpoint("other"), endpoint("third")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"expected-cost", "sticky", "consistent-hash", "least-requests", "round-robin", "random"})
    void goToTheEndpointThatMadeIt(String policy) {
        Router router = router(policy);
        for (int i = 0; i < 20; i++) {
            dispatch(router, about(session(i))).close();
        }
        pool.replace(
                List.of(endpoint("owner").withState(EndpointState.DRAINING), endpoint("other"), endpoint("third")));
        for (int i = 0; i < 20; i++) {
            dispatch(router, about(session(i))).close();
        }
    }

    @Test
    void goThereWhateverThatCosts() {
        Router router = router("least-requests");
        List<Dispatch> there = new ArrayList<>();
        for (int i = 0; i < MOST_REQUESTS; i++) {
            there.add(dispatch(router, about(session(i))));
        }
        assertThat(router.dispatch(about(session(9)), Set.of())).isNull();
        assertThat(router.owner(about(session(9)), Set.of())).isEqualTo(OWNER);
        there.get(0).close();
        assertThat(router.dispatch(about(session(9)), Set.of())).isNotNull();
    }

    @Test
    void anExplanationSaysSoEvenWhileItIsFull() {
        Router router = router("expected-cost");
        for (int i = 0; i < MOST_REQUESTS; i++) {
            dispatch(router, about(session(i)));
        }
        RoutingDecision decision = Objects.requireNonNull(router.explain(about(session(9))));
        assertThat(decision.endpoint().id()).isEqualTo(OWNER);
    }

    @ParameterizedTest
    @ValueSource(strings = {"expected-cost", "sticky"})
    void leaveASessionBoundWhereItWas(String policy) {
        Router router = router(policy);
        table.bind(session(1), new EndpointId("other"));
        try (Dispatch spilled = dispatch(router, about(session(1)))) {
            assertThat(spilled.decision().outcome()).isEqualTo(Outcome.SPILLED);
            assertThat(spilled.decision().source()).isEqualTo(KeySource.SESSION);
        }
        assertThat(table.peek(session(1))).isEqualTo(new EndpointId("other"));
        table.bind(session(2), OWNER);
        try (Dispatch stayed = dispatch(router, about(session(2)))) {
            assertThat(stayed.decision().outcome()).isEqualTo(Outcome.BOUND);
        }
    }

    @Test
    void stayAtTheServerThatHasAnotherNumberOfRanks() {
        Router router = router("expected-cost");
        pool.ranks(OWNER, 2);
        assertThat(router.owner(about(session(1)), Set.of())).isEqualTo(OWNER.rank(0));
        assertThat(router.owner(about(session(1), OWNER.rank(1)), Set.of())).isEqualTo(OWNER.rank(1));
        pool.ranks(OWNER, 1);
        assertThat(router.owner(about(session(1), OWNER.rank(1)), Set.of())).isEqualTo(OWNER);
    }

    @Test
    void goElsewhereOnceItIsTriedEjectedOrGone() {
        Router router = router("expected-cost");
        assertElsewhere(router.dispatch(about(session(1)), Set.of(OWNER)));
        pool.replace(List.of(endpoint("owner").withState(EndpointState.EJECTED), endpoint("other")));
        assertElsewhere(router.dispatch(about(session(1)), Set.of()));
        pool.replace(List.of(endpoint("other")));
        assertElsewhere(router.dispatch(about(session(1)), Set.of()));
        assertThat(router.owner(about(session(1)), Set.of())).isNull();
    }

    private static void assertElsewhere(@Nullable Dispatch dispatch) {
        assertThat(Objects.requireNonNull(dispatch).endpoint().id()).isNotEqualTo(OWNER);
    }

    private static Dispatch dispatch(Router router, RoutingRequest request) {
        Dispatch dispatch = Objects.requireNonNull(router.dispatch(request, Set.of()));
        assertThat(dispatch.endpoint().id()).isEqualTo(OWNER);
        return dispatch;
    }

    private static AffinityKey session(int number) {
        return AffinityKey.of("p", KeySource.SESSION, "s" + number);
    }

    private static RoutingRequest about(AffinityKey key) {
        return about(key, OWNER);
    }

    private static RoutingRequest about(AffinityKey key, EndpointId owner) {
        return new RoutingRequest(key, PromptBlocks.EMPTY, Set.of(), owner, null, false, false, null, null);
    }

    private Router router(String algorithm) {
        ExpectedCostPolicy expectedCost = new ExpectedCostPolicy(ShippedCosts.PARAMETERS);
        RoutingPolicy policy = switch (algorithm) {
            case "sticky" -> new StickyPolicy(expectedCost);
            case "consistent-hash" -> new ConsistentHashPolicy(new LoadBound(1.25, 8), expectedCost);
            case "least-requests" -> ControlPolicy.LEAST_REQUESTS;
            case "round-robin" -> ControlPolicy.ROUND_ROBIN;
            case "random" -> ControlPolicy.RANDOM;
            default -> expectedCost;
        };
        PoolMemory memory = PoolMemories.of(table, new PrefixIndex(1000), 256, inFlight);
        return new Router(pool, policy, memory, new DecisionLog(8, InstantSource.system()), HealthWatch.NONE);
    }
}
