package dev.warmlane.core.routing.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.routing.RoutingPolicy;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RoundRobinPolicyTest extends RoutingPolicyContract {

    @Override
    RoutingPolicy policy() {
        return ControlPolicy.ROUND_ROBIN;
    }

    @Test
    void takesTurns() {
        endpoints(3);
        List<String> went =
                Stream.generate(() -> dispatchedTo(session("s"))).limit(6).toList();
        assertThat(went).isEqualTo(List.of("e0", "e1", "e2", "e0", "e1", "e2"));
    }
}
