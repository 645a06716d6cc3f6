package dev.warmlane.core.routing.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.RoutingPolicy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeastRequestsPolicyTest extends RoutingPolicyContract {

    @Override
    RoutingPolicy policy() {
        return ControlPolicy.LEAST_REQUESTS;
    }

    @Test
    void fillsTheEndpointThatHasLeast() {
        endpoints(3);
        List<Dispatch> open = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            open.add(dispatch(session("s")));
        }
        assertThat(inFlight.requests(endpoint("e0").id())).isEqualTo(3);
        open.stream().filter(d -> d.endpoint().name().equals("e1")).forEach(Dispatch::close);
        assertThat(dispatchedTo(session("s"))).isEqualTo("e1");
    }
}
