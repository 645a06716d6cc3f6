package dev.warmlane.core.routing;

import static dev.warmlane.core.routing.policy.RoutingPolicyContract.endpoint;
import static dev.warmlane.core.routing.policy.RoutingPolicyContract.longPrompt;
import static dev.warmlane.core.routing.policy.RoutingPolicyContract.session;
import static dev.warmlane.core.routing.policy.RoutingPolicyContract.withPrompt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.EndpointHealth;
import dev.warmlane.core.health.HealthListener;
import dev.warmlane.core.health.HealthRules;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.health.PoolHealth;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import dev.warmlane.core.routing.policy.ConsistentHashPolicy;
import dev.warmlane.core.routing.policy.ControlPolicy;
import dev.warmlane.core.routing.policy.CostParameters;
import dev.warmlane.core.routing.policy.ExpectedCostPolicy;
import dev.warmlane.core.routing.policy.ExpectedCostPolicy.StickyPolicy;
import dev.warmlane.core.routing.policy.ShippedCosts;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests and the health of the endpoints they go to, without a network. */
class HealthRoutingTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();
    private static final HealthRules RULES = new HealthRules(
            true,
            5,
            0.8,
            5,
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            Duration.ofSeconds(300),
            Duration.ofSeconds(30),
            3,
            2,
            Duration.ofSeconds(30));

    private final EndpointPool pool = new EndpointPool("p");
    private final InFlight inFlight = new InFlight();
    private final AffinityTable table = new AffinityTable(1000, Duration.ofHours(2), () -> 0L);
    private final PrefixIndex index = new PrefixIndex(10_000);
    private long now;
    private final PoolHealth health = new PoolHealth(pool, RULES, () -> now);
    private Router router = router("expected-cost");

    @BeforeEach
    void fourEndpoints() {
        pool.replace(IntStream.range(0, 4).mapToObj(i -> endpoint("e" + i)).toList());
    }

    @Test
    void ejectsAnEndpointThatFailsFiveRequestsInARow() {
        failInARow("e0", FailureCause.UNAVAILABLE, 4);
        assertThat(selectable()).contains("e0");
        failInARow("e0", FailureCause.UNAVAILABLE, 1);
        assertThat(selectable()).doesNotContain("e0");
    }

    @Test
    void aSuccessBreaksTheRow() {
        for (int i = 0; i < 50; i++) {
            failInARow("e0", FailureCause.RESET, 4);
            // Enough of them that the success rate stays good too.
            for (int good = 0; good < 40; good++) {
                succeed("e0");
            }
        }
        assertThat(selectable()).contains("e0");
    }

    @Test
    void ejectsAnEndpointThatFailsMoreThanAFifthOfItsRequests() {
        for (int i = 0; i < 3; i++) {
            succeed("e0");
        }
        failInARow("e0", FailureCause.TIMEOUT, 1);
        assertThat(selectable()).as("one of four").contains("e0");
        failInARow("e0", FailureCause.TIMEOUT, 1);
        assertThat(selectable()).as("two of five").doesNotContain("e0");
    }

    @Test
    void whatTheEndpointIsNotToBlameForCountsForNothing() {
        failInARow("e0", FailureCause.OTHER, 20);
        assertThat(selectable()).contains("e0");
    }

    @Test
    void exactlyOneRequestAtATimeGoesToAnEndpointOnProbation() {
        failInARow("e0", FailureCause.UNAVAILABLE, 5);
        now += 30 * SECOND;
        health.tick();

        List<Dispatch> open = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            open.add(dispatch(keyless(i), Set.of()));
        }
        Dispatch trial = only(open, "e0");
        assertThat(trial.endpoint().state()).isEqualTo(EndpointState.PROBATION);

        trial.close();
        assertThat(state("e0")).as("a client that leaves decides nothing").isEqualTo(EndpointState.PROBATION);
        Dispatch second = to("e0");
        assertThat(selectable()).doesNotContain("e0");
        second.firstByte();
        assertThat(state("e0")).isEqualTo(EndpointState.STARTING);
    }

    @Test
    void aTrialThatHungAndEndsWithoutAWordLetsNoThirdInBesideTheSecond() {
        failInARow("e0", FailureCause.UNAVAILABLE, 5);
        now += 30 * SECOND;
        health.tick();
        Dispatch hangs = to("e0");
        now += 30 * SECOND;
        health.tick();
        Dispatch second = to("e0");
        hangs.close();
        assertThat(selectable()).doesNotContain("e0");
        second.close();
        assertThat(selectable()).contains("e0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"expected-cost", "sticky"})
    void aNewSessionWhoseFirstEndpointFailsIsPlacedAtTheNextAndHasNotMoved(String policy) {
        router = router(policy);
        RoutingRequest request = session("new");
        Dispatch refused = Objects.requireNonNull(router.dispatch(request, Set.of()));
        Set<EndpointId> tried = Set.of(refused.endpoint().id());
        Dispatch taken = Objects.requireNonNull(router.dispatch(request, tried, refused));
        refused.failed(FailureCause.CONNECT);
        taken.accepted();
        assertThat(taken.decision().outcome()).isEqualTo(Outcome.PLACED);
        Dispatch later = Objects.requireNonNull(router.dispatch(request, Set.of()));
        assertThat(later.decision().outcome()).isEqualTo(Outcome.BOUND);
        assertThat(later.endpoint()).isEqualTo(taken.endpoint());
    }

    @Test
    void aPromptThatIsWarmElsewhereTriesAnEndpointOnProbation() {
        for (String warm : List.of("e1", "e2", "e3")) {
            index.insert(new EndpointId(warm), longPrompt(1).prompt());
        }
        RoutingRequest bound = withPrompt(session("bound"), longPrompt(1));
        String home = settle(bound);
        failInARow("e0", FailureCause.UNAVAILABLE, 5);
        now += 30 * SECOND;
        health.tick();

        assertThat(settle(bound)).as("who is bound stays").isEqualTo(home);
        RoutingRequest placed = withPrompt(session("new"), longPrompt(1));
        assertThat(router.explain(placed).endpoint().name()).isEqualTo("e0");
        assertThat(settle(placed)).isEqualTo("e0");

        assertThat(state("e0")).isEqualTo(EndpointState.STARTING);
    }

    @Test
    void ranksOfOneServerAreEjectedTriedAndBackTogether() {
        pool.ranks(new EndpointId("e0"), 2);
        failInARow("e0#0", FailureCause.UNAVAILABLE, 3);
        failInARow("e0#1", FailureCause.UNAVAILABLE, 2);
        assertThat(selectable()).doesNotContain("e0#0", "e0#1");
        now += 30 * SECOND;
        health.tick();
        assertThat(List.of(state("e0#0"), state("e0#1"))).containsOnly(EndpointState.PROBATION);
        List<Dispatch> open = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            open.add(dispatch(keyless(i), Set.of()));
        }
        assertThat(open.stream().filter(d -> d.endpoint().name().startsWith("e0#")))
                .as("one request tells of both")
                .hasSize(1)
                .first()
                .satisfies(Dispatch::firstByte);
        assertThat(List.of(state("e0#0"), state("e0#1"))).containsOnly(EndpointState.STARTING);
    }

    @Test
    void aServerKeepsItsHealthWhenItIsFoundToHaveRanks() {
        failInARow("e0", FailureCause.UNAVAILABLE, 5);
        pool.ranks(new EndpointId("e0"), 2);
        assertThat(selectable()).containsExactlyInAnyOrder("e1", "e2", "e3");
        now += 30 * SECOND;
        health.tick();
        assertThat(List.of(state("e0#0"), state("e0#1"))).containsOnly(EndpointState.PROBATION);
    }

    @Test
    void aServerThatIsFoundToHaveRanksIsNotNew() {
        pool.ranks(new EndpointId("e0"), 2);
        assertThat(List.of(state("e0#0"), state("e0#1"))).containsOnly(EndpointState.READY);
    }

    @Test
    void aRequestThatLosesTheRaceForProbationGoesElsewhere() {
        failInARow("e0", FailureCause.UNAVAILABLE, 5);
        now += 30 * SECOND;
        health.tick();
        Endpoint asSeen = Objects.requireNonNull(pool.snapshot().find(new EndpointId("e0")));
        assertThat(health.admits(asSeen)).isTrue();
        assertThat(health.admits(asSeen)).isFalse();
        assertThat(selectable()).doesNotContain("e0");
    }

    @Test
    void aFailureOnProbationEjectsForTwiceAsLong() {
        failInARow("e0", FailureCause.UNAVAILABLE, 5);
        now += 30 * SECOND;
        health.tick();
        to("e0").failed(FailureCause.RESET);
        now += 59 * SECOND;
        health.tick();
        assertThat(selectable()).doesNotContain("e0");
        now += SECOND;
        health.tick();
        assertThat(selectable()).contains("e0");
    }

    @Test
    void aSessionComesBackFromAShortEjectionToWhatIsCached() {
        RoutingRequest turn = withPrompt(session("s"), longPrompt(1));
        String home = settle(turn);
        failInARow(home, FailureCause.UNAVAILABLE, 5);

        try (Dispatch meanwhile = dispatch(turn, Set.of())) {
            assertThat(meanwhile.decision().outcome()).isEqualTo(Outcome.SPILLED);
            assertThat(meanwhile.endpoint().name()).isNotEqualTo(home);
        }
        now += 30 * SECOND;
        health.tick();
        try (Dispatch back = dispatch(turn, Set.of())) {
            assertThat(back.decision().outcome()).isEqualTo(Outcome.BOUND);
            assertThat(back.endpoint().name()).isEqualTo(home);
        }
    }

    @Test
    void aSessionMovesOnceFromAnEndpointWhoseCacheIsLost() {
        RoutingRequest turn = withPrompt(session("s"), longPrompt(1));
        String home = settle(turn);
        failInARow(home, FailureCause.CONNECT, 5);
        try (Dispatch moved = dispatch(turn, Set.of())) {
            assertThat(moved.decision().outcome()).isEqualTo(Outcome.MOVED);
        }
        try (Dispatch stays = dispatch(turn, Set.of())) {
            assertThat(stays.decision().outcome()).isEqualTo(Outcome.BOUND);
        }
    }

    @Test
    void aRestartedEndpointIsNoLongerBelievedToHoldAnything() {
        RoutingRequest turn = withPrompt(session("s"), longPrompt(1));
        String home = settle(turn);
        assertThat(index.blocks(new EndpointId(home))).isPositive();
        router.notes().restarted(new EndpointId(home));
        assertThat(index.blocks(new EndpointId(home))).isZero();
        try (Dispatch same = dispatch(turn, Set.of())) {
            assertThat(same.decision().outcome()).as("bound all the same").isEqualTo(Outcome.BOUND);
        }
    }

    @Test
    void aRetryInAPanicGoesToWhatIsHealthy() {
        for (String down : List.of("e0", "e1", "e2")) {
            for (int i = 0; i < 3; i++) {
                health.checks().failed(new EndpointId(down), FailureCause.CONNECT, "refused", 0);
            }
        }
        assertThat(selectable()).hasSize(4);
        Set<EndpointId> tried = new HashSet<>();
        tried.add(new EndpointId("e1"));
        for (int i = 0; i < 20; i++) {
            try (Dispatch retry = dispatch(keyless(i), tried)) {
                assertThat(retry.endpoint().name()).isEqualTo("e3");
            }
        }
        tried.add(new EndpointId("e3"));
        try (Dispatch last = dispatch(keyless(1), tried)) {
            assertThat(last.endpoint().name()).as("better than none").isIn("e0", "e2");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"expected-cost", "consistent-hash", "least-requests", "round-robin", "random", "sticky"})
    void aNewEndpointTakesATenthAtFirstAndAllOfItInTheEnd(String algorithm) {
        router = router(algorithm);
        List<Dispatch> open = new ArrayList<>();
        for (int i = 0; i < 160; i++) {
            open.add(dispatch(session("before" + i), Set.of()));
        }
        List<Endpoint> five = new ArrayList<>(pool.snapshot().endpoints());
        five.add(endpoint("e4"));
        pool.replace(five);

        assertThat(taken(100))
                .as("a tenth of 160 / 4 and a quarter more, growing with the others")
                .isBetween(1, 9);
        now += 15 * SECOND;
        health.tick();
        assertThat(taken(100)).isBetween(10, 60);
        now += 15 * SECOND;
        health.tick();
        assertThat(state("e4")).isEqualTo(EndpointState.READY);
        assertThat(taken(400)).isGreaterThan(60);
    }

    @Test
    void anIdleNewEndpointTakesARequestAtOnce() {
        List<Endpoint> five = new ArrayList<>(pool.snapshot().endpoints());
        five.add(endpoint("e4"));
        pool.replace(five);
        Dispatch first = to("e4");
        assertThat(pool.snapshot().find(first.endpoint().id())).isNotNull();
        for (int i = 0; i < 3; i++) {
            assertThat(dispatch(keyless(i), Set.of()).endpoint().name()).isNotEqualTo("e4");
        }
    }

    @Test
    void aSessionStaysBoundToAStartingEndpointThatHasItsShare() {
        List<Endpoint> five = new ArrayList<>(pool.snapshot().endpoints());
        five.add(endpoint("e4"));
        pool.replace(five);
        RoutingRequest turn = withPrompt(session("s"), longPrompt(1));
        table.bind(turn.key(), new EndpointId("e4"));
        Dispatch first = dispatch(turn, Set.of());
        assertThat(first.decision().outcome()).isEqualTo(Outcome.BOUND);
        assertThat(dispatch(turn, Set.of()).decision().outcome()).isEqualTo(Outcome.SPILLED);
        first.close();
        assertThat(dispatch(turn, Set.of()).decision().outcome()).isEqualTo(Outcome.BOUND);
    }

    @Test
    void tellsEachTransitionOnce() {
        List<String> heard = new ArrayList<>();
        health.addListener(new HealthListener() {
            @Override
            public void changed(Endpoint endpoint, EndpointHealth before, EndpointHealth after) {
                heard.add(endpoint.name() + " " + after.getClass().getSimpleName());
            }

            @Override
            public void panic(boolean panic, int healthy, int endpoints) {
                heard.add("panic " + panic + " " + healthy + "/" + endpoints);
            }
        });
        failInARow("e0", FailureCause.CONNECT, 12);
        now += 30 * SECOND;
        health.tick();
        health.tick();
        to("e0").firstByte();
        now += 30 * SECOND;
        health.tick();
        for (int i = 0; i < 9; i++) {
            health.checks().failed(new EndpointId("e" + i % 3), FailureCause.CONNECT, "refused", 0);
        }
        assertThat(heard)
                .containsExactly(
                        "e0 Ejected",
                        "e0 Probation",
                        "e0 Starting",
                        "e0 Healthy",
                        "e0 Ejected",
                        "e1 Ejected",
                        "e2 Ejected",
                        "panic true 1/4");
    }

    private Router router(String algorithm) {
        PoolMemory memory = PoolMemories.of(table, index, 256, inFlight);
        CostParameters costs = ShippedCosts.PARAMETERS;
        ExpectedCostPolicy expectedCost = new ExpectedCostPolicy(costs);
        RoutingPolicy policy = switch (algorithm) {
            case "sticky" -> new StickyPolicy(expectedCost);
            case "consistent-hash" -> new ConsistentHashPolicy(new LoadBound(1.25, 8), expectedCost);
            case "least-requests" -> ControlPolicy.LEAST_REQUESTS;
            case "round-robin" -> ControlPolicy.ROUND_ROBIN;
            case "random" -> ControlPolicy.RANDOM;
            default -> expectedCost;
        };
        return new Router(pool, policy, memory, new DecisionLog(4, InstantSource.system()), health);
    }

    /** How many of so many new sessions, that all stay, the new endpoint has in the end. */
    private int taken(int sessions) {
        for (int i = 0; i < sessions; i++) {
            dispatch(session("n" + now + "-" + i), Set.of());
        }
        return inFlight.requests(new EndpointId("e4"));
    }

    private String settle(RoutingRequest turn) {
        try (Dispatch first = dispatch(turn, Set.of())) {
            first.accepted();
            first.firstByte();
            return first.endpoint().name();
        }
    }

    private void failInARow(String name, FailureCause cause, int times) {
        for (int i = 0; i < times; i++) {
            health.failed(endpoint(name), cause);
        }
    }

    private void succeed(String name) {
        health.succeeded(endpoint(name));
    }

    /** A request that goes to this endpoint, which must be selectable. */
    private Dispatch to(String name) {
        Set<EndpointId> others = new HashSet<>();
        pool.snapshot().endpoints().forEach(endpoint -> others.add(endpoint.id()));
        others.remove(new EndpointId(name));
        return dispatch(keyless(1), others);
    }

    private Dispatch dispatch(RoutingRequest request, Set<EndpointId> excluded) {
        return Objects.requireNonNull(router.dispatch(request, excluded));
    }

    private static Dispatch only(List<Dispatch> dispatches, String name) {
        List<Dispatch> there = dispatches.stream()
                .filter(dispatch -> dispatch.endpoint().name().equals(name))
                .toList();
        assertThat(there).hasSize(1);
        return there.get(0);
    }

    private static RoutingRequest keyless(long seed) {
        return new RoutingRequest(AffinityKey.none(seed), PromptBlocks.EMPTY);
    }

    private List<String> selectable() {
        return pool.snapshot().selectable().stream().map(Endpoint::name).toList();
    }

    private EndpointState state(String name) {
        return Objects.requireNonNull(pool.snapshot().find(new EndpointId(name)))
                .state();
    }
}
