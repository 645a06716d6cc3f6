package dev.warmlane.core.routing.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.policy.ExpectedCostPolicy.StickyPolicy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StickyPolicyTest extends RoutingPolicyContract {

    @Override
    RoutingPolicy policy() {
        return new StickyPolicy(expectedCost());
    }

    @Test
    void aBoundSessionStaysWhateverTheLoad() {
        endpoints(4);
        String bound = dispatchedTo(session("s"));
        List<Dispatch> open = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            Dispatch dispatch = dispatch(session("s"));
            assertThat(dispatch.endpoint().name()).isEqualTo(bound);
            assertThat(dispatch.decision().outcome()).isEqualTo(Outcome.BOUND);
            open.add(dispatch);
        }
        open.forEach(Dispatch::close);
    }

    @Test
    void parallelFirstRequestsOfASessionStayTogether() {
        endpoints(4);
        Dispatch first = router.dispatch(session("s"), Set.of());
        Dispatch second = router.dispatch(session("s"), Set.of());
        assertThat(second.endpoint()).isEqualTo(first.endpoint());
        assertThat(first.decision().outcome()).isEqualTo(Outcome.PLACED);
        assertThat(second.decision().outcome()).isEqualTo(Outcome.BOUND);
    }

    @Test
    void aNewSessionGoesWhereItCostsLeast() {
        endpoints(3);
        for (int round = 0; round < 5; round++) {
            for (int i = 0; i < 3; i++) {
                int session = 3 * round + i;
                dispatch(withPrompt(session("s" + session), longPrompt(session)));
            }
            assertThat(inFlight.requests(endpoint("e0").id())).isEqualTo(round + 1);
            assertThat(inFlight.requests(endpoint("e1").id())).isEqualTo(round + 1);
        }
    }

    @Test
    void aSessionMovesOnceWhenItsEndpointFailsAndStaysThere() {
        endpoints(4);
        Dispatch first = dispatch(session("s"));
        first.close();
        Dispatch again = router.dispatch(session("s"), Set.of());
        Dispatch next = router.dispatch(session("s"), Set.of(again.endpoint().id()));
        again.failed(FailureCause.CONNECT);
        assertThat(next.decision().outcome()).isEqualTo(Outcome.MOVED);
        next.accepted();
        next.close();
        for (int i = 0; i < 10; i++) {
            assertThat(dispatchedTo(session("s"))).isEqualTo(next.endpoint().name());
        }
    }

    @Test
    void aFirstPlacementThatFailedBindsNothing() {
        endpoints(2);
        router.dispatch(session("s"), Set.of()).failed(FailureCause.CONNECT);
        assertThat(table.size()).isZero();
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
    void aSessionReturnsToAnEndpointThatWasNotReadyOnlyIfItHasNotMoved() {
        endpoints(2);
        String bound = dispatchedTo(session("s"));
        pool.replace(pool.snapshot().endpoints().stream()
                .map(e -> e.name().equals(bound) ? e.withState(EndpointState.UNREADY) : e)
                .toList());
        assertThat(table.size()).isEqualTo(1);
        endpoints(2);
        assertThat(dispatchedTo(session("s"))).isEqualTo(bound);
    }

    @Test
    void aGrowingPromptFollowsItsOwnBlocks() {
        endpoints(4);
        String bound = dispatchedTo(prompt(1, 2, 3, 10));
        dispatchedTo(prompt(1, 2, 3, 20));
        Dispatch next = dispatch(prompt(1, 2, 3, 10, 11));
        assertThat(next.endpoint().name()).isEqualTo(bound);
        assertThat(next.decision().source()).isEqualTo(KeySource.PROMPT_PREFIX);
        assertThat(next.decision().outcome()).isEqualTo(Outcome.BOUND);
    }

    @Test
    void aSharedSystemPromptDoesNotSendEverythingToOneEndpoint() {
        endpoints(4);
        List<Dispatch> open = new ArrayList<>();
        Map<String, Integer> went = new HashMap<>();
        for (int i = 0; i < 400; i++) {
            Dispatch dispatch = dispatch(prompt(1, 2, 3, 1000 + i));
            went.merge(dispatch.endpoint().name(), 1, Integer::sum);
            open.add(dispatch);
            if (open.size() == 32) {
                open.remove(0).close();
            }
        }
        assertThat(went.values())
                .hasSize(4)
                .allSatisfy(count -> assertThat(count).isBetween(90, 110));
    }
}
