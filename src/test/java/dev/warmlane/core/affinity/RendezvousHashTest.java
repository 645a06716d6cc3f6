package dev.warmlane.core.affinity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.endpoint.EndpointId;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class RendezvousHashTest {
    private static final int KEYS = 20_000;

    private final List<EndpointId> eight =
            IntStream.range(0, 8).mapToObj(i -> new EndpointId("pod-" + i)).toList();

    @Test
    void spreadsKeysEvenly() {
        Map<EndpointId, Long> counts = LongStream.range(0, KEYS)
                .boxed()
                .collect(Collectors.groupingBy(key -> first(key, eight), Collectors.counting()));
        assertThat(counts.values())
                .hasSize(8)
                .allSatisfy(count -> assertThat(count).isBetween((long) (KEYS / 8 * 0.93), (long) (KEYS / 8 * 1.07)));
    }

    @Test
    void anEndpointThatLeavesMovesOnlyItsOwnKeys() {
        EndpointId gone = eight.get(3);
        List<EndpointId> seven = eight.stream().filter(e -> !e.equals(gone)).toList();
        for (long key = 0; key < KEYS; key++) {
            EndpointId before = first(key, eight);
            if (!before.equals(gone)) {
                assertThat(first(key, seven)).isEqualTo(before);
            }
        }
    }

    @Test
    void weighsTheSameInEveryProcess() {
        assertThat(RendezvousHash.weight(42, new EndpointId("pod-0"))).isEqualTo(-4812559948259915987L);
    }

    private static EndpointId first(long key, List<EndpointId> endpoints) {
        return endpoints.stream()
                .max(Comparator.comparingLong(e -> RendezvousHash.weight(key, e)))
                .orElseThrow();
    }
}
