package dev.warmlane.core.routing.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.RoutingDecision.Outcome;
import dev.warmlane.core.routing.RoutingPolicy;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class PeerPolicyTest {

    @Nested
    class Lmetric extends RoutingPolicyContract {
        @Override
        RoutingPolicy policy() {
            return PeerPolicy.lmetric(ShippedCosts.PARAMETERS);
        }

        @Test
        void multipliesWhatIsToBeComputedByTheRequestsThere() {
            endpoints(2);
            Dispatch first = dispatch(longPrompt(1));
            first.firstByte();
            // 16 tokens times 2 there, 6,400 times 1 elsewhere.
            assertThat(router.explain(longPrompt(1)).endpoint()).isEqualTo(first.endpoint());
            // 6,400 tokens times 2 there.
            assertThat(router.explain(longPrompt(2)).endpoint()).isNotEqualTo(first.endpoint());
        }
    }

    @Nested
    class PrefixThreshold extends RoutingPolicyContract {
        @Override
        RoutingPolicy policy() {
            return PeerPolicy.prefixThreshold(0.3, 4, 1.5, ShippedCosts.PARAMETERS);
        }

        @Test
        void followsTheMatchUntilLoadsDifferTooMuch() {
            endpoints(2);
            EndpointId first = dispatch(longPrompt(1)).endpoint().id();
            for (int i = 0; i < 4; i++) {
                assertThat(dispatch(longPrompt(1)).endpoint().id()).isEqualTo(first);
            }
            assertThat(router.explain(longPrompt(1)).endpoint().id()).isNotEqualTo(first);
        }
    }

    @Nested
    class StickyUntilSaturated extends RoutingPolicyContract {
        @Override
        RoutingPolicy policy() {
            return PeerPolicy.stickyUntilSaturated(0.8, 5, ShippedCosts.PARAMETERS);
        }

        @Test
        void leavesAHomeWhoseCacheIsFull() {
            endpoints(2);
            Dispatch first = router.dispatch(withPrompt(session("s"), longPrompt(1)), Set.of());
            first.firstByte();
            assertThat(router.explain(withPrompt(session("s"), longPrompt(2))).outcome())
                    .isEqualTo(Outcome.BOUND);
            router.notes().capacity(first.endpoint().id(), 7000);
            assertThat(router.explain(withPrompt(session("s"), longPrompt(2))).outcome())
                    .isEqualTo(Outcome.MOVED);
        }

        @Test
        void leavesAHomeWhereManyWait() {
            endpoints(2);
            Dispatch first = router.dispatch(withPrompt(session("s"), longPrompt(1)), Set.of());
            router.dispatch(withPrompt(session("s"), longPrompt(2)), Set.of());
            // 12,800 tokens, and an average prompt is taken for 2,000.
            assertThat(router.explain(withPrompt(session("s"), longPrompt(3))).endpoint())
                    .isNotEqualTo(first.endpoint());
        }
    }
}
