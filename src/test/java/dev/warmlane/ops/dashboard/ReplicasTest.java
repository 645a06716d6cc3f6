package dev.warmlane.ops.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.sharing.Replication;
import dev.warmlane.ops.dashboard.LiveStatus.ReplicaPool;
import dev.warmlane.ops.dashboard.LiveStatus.ReplicaProblem;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReplicasTest {
    private static final ReplicaProblem PROBLEM = new ReplicaProblem("ejected", "pod-1", "too slow", Instant.EPOCH);

    @Test
    void replicasTellOfAThousandPoolsAndTheirProblems() {
        List<ReplicaPool> pools =
                IntStream.range(0, 1000).mapToObj(i -> pool("pool-" + i, 3)).toList();
        List<byte[]> pages = Replicas.pages(pools);
        assertThat(pages)
                .hasSizeLessThanOrEqualTo(Replication.MAX_PAGES)
                .allSatisfy(page -> assertThat(page).hasSizeLessThanOrEqualTo(Replication.MAX_PAGE_BYTES));
        assertThat(Replicas.read(pages)).isEqualTo(pools);
    }

    @Test
    void poolsBeyondTheLastPageAreLeftOut() {
        List<ReplicaPool> pools =
                IntStream.range(0, 20_000).mapToObj(i -> pool("pool-" + i, 0)).toList();
        List<ReplicaPool> read = Replicas.read(Replicas.pages(pools));
        assertThat(read).isNotEmpty().isEqualTo(pools.subList(0, read.size()));
    }

    @Test
    void problemsThatFillMoreThanAPageAreLeftOut() {
        ReplicaPool pool = pool("default", 500);
        assertThat(Replicas.read(Replicas.pages(List.of(pool)))).containsExactly(pool.withoutProblems());
    }

    private static ReplicaPool pool(String name, int problems) {
        return new ReplicaPool(
                name, 4, 4, 0, Map.of("hitRatio", 0.5f, "queued", 3f), Collections.nCopies(problems, PROBLEM));
    }
}
