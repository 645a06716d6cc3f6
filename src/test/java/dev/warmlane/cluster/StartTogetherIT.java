package dev.warmlane.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.cluster.ClusterTransport.MembershipChange;
import dev.warmlane.harness.Awaited;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;

/** Replicas that start within a second of each other, as after an installation. */
class StartTogetherIT {
    private static final int REPLICAS = 3;
    private static final long APART_MILLIS = 400;

    /** Repeated because chance decides who is asked when. */
    @RepeatedTest(4)
    void findEachOtherAndNeedNoMerge() throws IOException {
        List<Integer> ports = Replica.freePorts(REPLICAS);
        List<Replica> replicas = IntStream.range(0, REPLICAS)
                .mapToObj(i -> new Replica(ports.get(i), ports, "replica-" + i, Replica.CONTEXT))
                .toList();
        try {
            IntStream.range(0, REPLICAS)
                    .mapToObj(i -> CompletableFuture.runAsync(
                            replicas.get(i)::start,
                            CompletableFuture.delayedExecutor(i * APART_MILLIS, TimeUnit.MILLISECONDS)))
                    .toList()
                    .forEach(Awaited::result);
            await().until(() -> replicas.stream().allMatch(replica -> replica.size() == REPLICAS));
            assertThat(replicas)
                    .allSatisfy(replica -> assertThat(replica.changes).noneMatch(MembershipChange::merged));
        } finally {
            replicas.forEach(Replica::close);
        }
    }
}
