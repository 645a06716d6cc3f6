package dev.warmlane.core.routing.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.routing.RoutingPolicy;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RandomPolicyTest extends RoutingPolicyContract {

    @Override
    RoutingPolicy policy() {
        return ControlPolicy.RANDOM;
    }

    @Test
    void givesEachEndpointTheSameChance() {
        endpoints(4);
        List<String> went =
                Stream.generate(() -> dispatchedTo(session("s"))).limit(4000).toList();
        Map<String, Long> counts = went.stream().collect(Collectors.groupingBy(name -> name, Collectors.counting()));
        assertThat(counts.values())
                .hasSize(4)
                .allSatisfy(count -> assertThat(count).isBetween(900L, 1100L));
    }
}
