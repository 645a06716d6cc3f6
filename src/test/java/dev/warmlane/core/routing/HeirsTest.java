package dev.warmlane.core.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.HealthWatch;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.policy.ControlPolicy;
import dev.warmlane.core.routing.policy.ExpectedCostPolicy;
import dev.warmlane.core.routing.policy.ShippedCosts;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who computes what an endpoint holds that is about to end. */
class HeirsTest {
    private static final Endpoint ENDING = Endpoint.ofUri(URI.create("http://ending"));
    private static final Endpoint ONE = Endpoint.ofUri(URI.create("http://one"));
    private static final Endpoint TWO = Endpoint.ofUri(URI.create("http://two"));
    private static final Endpoint DECODE =
            Endpoint.ofUri(URI.create("http://decode")).withRole(Role.DECODE);
    private static final Endpoint DECODE_TOO =
            Endpoint.ofUri(URI.create("http://decode-too")).withRole(Role.DECODE);
    private static final PromptBlocks PROMPT = prompt(0, 100);

    private final EndpointPool pool = new EndpointPool("test");
    private final InFlight inFlight = new InFlight(2);
    private final PoolMemory memory = PoolMemories.of(
            new AffinityTable(100, Duration.ofHours(2), System::nanoTime), new PrefixIndex(1000), 256, inFlight);
    private final Router router = router(new ExpectedCostPolicy(ShippedCosts.PARAMETERS));
    private final Heirs heirs = new Heirs(router, List.of(ENDING));

    @BeforeEach
    void oneEnds() {
        pool.replace(List.of(ENDING.withState(EndpointState.DRAINING), ONE, TWO));
        router.notes().warmed(ENDING.id(), PROMPT);
    }

    private Router router(RoutingPolicy policy) {
        return new Router(pool, policy, memory, new DecisionLog(1, InstantSource.system()), HealthWatch.NONE);
    }

    private static PromptBlocks prompt(long first, int blocks) {
        return PromptBlocks.of(LongStream.range(first, first + blocks).toArray(), 256, blocks * 256L);
    }

    private static AffinityKey session(long number) {
        return new AffinityKey(KeySource.SESSION, number);
    }

    @Test
    void onlyWhatIsHeldInFullIsInherited() {
        router.notes().warmed(ENDING.id(), prompt(500, 50));
        assertThat(heirs.inherit(PROMPT)).isTrue();
        assertThat(heirs.inherit(prompt(500, 51))).isFalse();
        assertThat(heirs.inherit(prompt(900, 10))).isFalse();
        assertThat(heirs.inherit(PromptBlocks.EMPTY)).isFalse();
    }

    @Test
    void whatEndsNeverInheritsThoughItHoldsThePromptAndItsSessionIsBoundThere() {
        memory.bindings().bind(session(7), ENDING.id());
        assertThat(heirs.of(session(7), PROMPT, 1)).isIn(ONE, TWO);
    }

    @Test
    void whoHoldsItAlreadyGetsNothing() {
        router.notes().warmed(TWO.id(), PROMPT);
        assertThat(heirs.of(session(7), PROMPT, 1)).isNull();
    }

    @Test
    void whoHasMostToDoInheritsLast() {
        InFlight.Lease busy = inFlight.open(ONE.id(), 50_000, 50_000);
        assertThat(heirs.of(session(7), PROMPT, 1)).isEqualTo(TWO);
        busy.close();
        inFlight.open(TWO.id(), 50_000, 50_000);
        assertThat(heirs.of(session(7), PROMPT, 1)).isEqualTo(ONE);
    }

    @Test
    void endpointsThatAreFullOrWouldBeJudgedByItInheritNothing() {
        pool.replace(List.of(
                ENDING.withState(EndpointState.DRAINING), ONE.withState(EndpointState.PROBATION), TWO.starting(0.5)));
        assertThat(heirs.of(session(7), PROMPT, 1)).isEqualTo(TWO.starting(0.5));
        inFlight.open(TWO.id(), 1, 1);
        inFlight.open(TWO.id(), 1, 1);
        assertThat(heirs.of(session(7), PROMPT, 1)).isNull();
    }

    @Test
    void theyAreKnownAfterTheEndpointIsGone() {
        pool.replace(List.of(ONE));
        assertThat(heirs.of(session(7), PROMPT, 1)).isEqualTo(ONE);
    }

    @Test
    void nobodyInheritsMuchMoreThanAnEqualPart() {
        inFlight.open(ONE.id(), 50_000, 50_000);
        int two = 0;
        for (int i = 0; i < 8; i++) {
            two += TWO.equals(heirs.of(session(i), prompt(1000L * i, 10), 1)) ? 1 : 0;
        }
        assertThat(two).as("of 8, though the other is always busier").isEqualTo(5);
    }

    @Test
    void whoHasRoomInheritsAllWhereAnotherIsFull() {
        inFlight.open(ONE.id(), 1, 1);
        inFlight.open(ONE.id(), 1, 1);
        for (int i = 0; i < 8; i++) {
            assertThat(heirs.of(session(i), prompt(1000L * i, 10), 1)).isEqualTo(TWO);
        }
    }

    @Test
    void whoHasRoomInheritsAllWhereAnotherHasAsMuchAsSlowStartAllows() {
        pool.replace(List.of(ENDING.withState(EndpointState.DRAINING), ONE.starting(0.1), TWO));
        inFlight.open(ONE.id(), 50_000, 50_000);
        inFlight.open(TWO.id(), 50_000, 50_000);
        for (int i = 0; i < 8; i++) {
            assertThat(heirs.of(session(i), prompt(1000L * i, 10), 1)).isEqualTo(TWO);
        }
    }

    @Test
    void prefillEndpointsInheritEqualPartsAndDecodeEndpointsNothing() {
        pool.replace(List.of(
                ENDING.withState(EndpointState.DRAINING).withRole(Role.PREFILL),
                ONE.withRole(Role.PREFILL),
                TWO.withRole(Role.PREFILL),
                DECODE,
                DECODE_TOO));
        inFlight.open(DECODE.id(), 200_000, 200_000);
        inFlight.open(DECODE_TOO.id(), 200_000, 200_000);
        List<Endpoint> inherit = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            inherit.add(heirs.of(session(i), prompt(1000L * i, 100), 1));
        }
        assertThat(inherit).doesNotContainNull().allMatch(heir -> heir.role() == Role.PREFILL);
        assertThat(inherit).filteredOn(heir -> heir.id().equals(ONE.id())).hasSizeBetween(3, 5);
    }

    @Test
    void onePrefillEndpointInheritsAllThatDecodeEndpointsDoNotCompute() {
        pool.replace(List.of(
                ENDING.withState(EndpointState.DRAINING).withRole(Role.PREFILL),
                ONE.withRole(Role.PREFILL),
                DECODE,
                DECODE_TOO));
        inFlight.open(DECODE.id(), 200_000, 200_000);
        inFlight.open(DECODE_TOO.id(), 200_000, 200_000);
        for (int i = 0; i < 8; i++) {
            assertThat(heirs.of(session(i), prompt(1000L * i, 100), 1)).isEqualTo(ONE.withRole(Role.PREFILL));
        }
    }

    @Test
    void decodeEndpointsInheritNothingThoughTheyWouldComputeIt() {
        pool.replace(List.of(ENDING.withState(EndpointState.DRAINING).withRole(Role.PREFILL), DECODE, DECODE_TOO));
        assertThat(heirs.of(session(1), PROMPT, 1)).isNull();
    }

    @Test
    void whoHoldsPartOfItInheritsThatPart() {
        inFlight.open(ONE.id(), 50_000, 50_000);
        router.notes().warmed(TWO.id(), PROMPT);
        assertThat(heirs.of(session(1), PROMPT, 10)).isNull();
        assertThat(heirs.of(session(2), prompt(500, 10), 1)).isEqualTo(ONE);
    }

    @Test
    void choosingBindsAndCountsNothing() {
        heirs.of(session(7), PROMPT, 1);
        assertThat(inFlight.requests(ONE.id()) + inFlight.requests(TWO.id())).isZero();
        assertThat(memory.bindings().peek(session(7))).isNull();
    }

    @Test
    void policiesThatPredictNothingInheritNothing() {
        PoolMemory nothing = PoolMemories.empty();
        Router turns = new Router(
                pool, ControlPolicy.ROUND_ROBIN, nothing, new DecisionLog(1, InstantSource.system()), HealthWatch.NONE);
        assertThat(new Heirs(turns, List.of(ENDING)).inherit(PROMPT)).isFalse();
    }
}
