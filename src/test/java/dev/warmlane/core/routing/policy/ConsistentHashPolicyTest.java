package dev.warmlane.core.routing.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.RendezvousHash;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.health.HealthWatch;
import dev.warmlane.core.routing.DecisionLog;
import dev.warmlane.core.routing.LoadBound;
import dev.warmlane.core.routing.PoolMemories;
import dev.warmlane.core.routing.Router;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.core.routing.RoutingRequest;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConsistentHashPolicyTest extends RoutingPolicyContract {

    @Override
    RoutingPolicy policy() {
        return new ConsistentHashPolicy(new LoadBound(1.25, 8), expectedCost());
    }

    @Test
    void bindsNothing() {
        endpoints(4);
        dispatchedTo(session("s"));
        assertThat(table.size()).isZero();
    }

    @Test
    void twoGatewaysAgreeWithoutSharingAnything() {
        endpoints(8);
        Router other = new Router(
                pool,
                new ConsistentHashPolicy(new LoadBound(1.25, 8), expectedCost()),
                PoolMemories.empty(),
                new DecisionLog(4, InstantSource.system()),
                HealthWatch.NONE);
        for (int i = 0; i < 200; i++) {
            assertThat(dispatchedTo(session("s" + i)))
                    .isEqualTo(other.explain(session("s" + i)).endpoint().name());
        }
    }

    @Test
    void walksOnInTheKeysOwnOrderWhenTheFirstIsOverItsBound() {
        endpoints(4);
        RoutingRequest request = session("s");
        List<String> order = pool.snapshot().endpoints().stream()
                .sorted(Comparator.comparingLong((Endpoint e) ->
                                RendezvousHash.weight(request.key().hash(), e.id()))
                        .reversed())
                .map(Endpoint::name)
                .toList();
        List<String> went = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            went.add(dispatch(request).endpoint().name());
        }
        assertThat(went.stream().distinct().toList()).isEqualTo(order.subList(0, 3));
        assertThat(went.indexOf(order.get(1))).isGreaterThan(8);
    }

    @Test
    void theSlackKeepsAFewRequestsTogether() {
        endpoints(4);
        String bound = dispatch(session("s")).endpoint().name();
        for (int i = 0; i < 7; i++) {
            assertThat(dispatch(session("s")).endpoint().name()).isEqualTo(bound);
        }
    }
}
