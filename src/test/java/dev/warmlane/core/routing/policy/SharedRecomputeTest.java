package dev.warmlane.core.routing.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.HealthWatch;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.DecisionLog;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.routing.PoolLoad.ReplicaLoad;
import dev.warmlane.core.routing.PoolMemory;
import dev.warmlane.core.routing.Router;
import dev.warmlane.core.routing.RoutingRequest;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is cheap to compute because others will use it too. */
class SharedRecomputeTest {
    private static final int BLOCKS = 100;

    private final AtomicLong nanos = new AtomicLong();
    private final PrefixIndex index = new PrefixIndex(10_000, nanos::get);
    private final PoolMemory memory = new PoolMemory(
            new AffinityTable(10_000, Duration.ofHours(2), nanos::get),
            index,
            256,
            new InFlight(),
            ReplicaLoad.NONE,
            1,
            nanos::get);
    private final EndpointPool pool = new EndpointPool("test");
    private final Router router = new Router(
            pool,
            new ExpectedCostPolicy(ShippedCosts.PARAMETERS),
            memory,
            new DecisionLog(4, InstantSource.system()),
            HealthWatch.NONE);
    private final List<Endpoint> endpoints = IntStream.range(0, 4)
            .mapToObj(i -> Endpoint.ofUri(URI.create("http://e" + i)))
            .toList();

    SharedRecomputeTest() {
        pool.replace(endpoints);
    }

    /** A session whose prompt begins with a system prompt and ends with a block of its own. */
    private String send(int session, long systemPrompt) {
        long[] blocks = new long[BLOCKS];
        for (int i = 0; i < BLOCKS; i++) {
            blocks[i] = 1000 * systemPrompt + i;
        }
        blocks[BLOCKS - 1] = 1_000_000 + session;
        AffinityKey key = AffinityKey.of("test", KeySource.SESSION, "s" + session);
        RoutingRequest request = new RoutingRequest(key, PromptBlocks.of(blocks, 256, 256L * BLOCKS));
        try (var dispatch = Objects.requireNonNull(router.dispatch(request, Set.of()))) {
            return dispatch.endpoint().name();
        }
    }

    private Map<String, Integer> sendNewSessions(int sessions, Duration apart) {
        Map<String, Integer> went = new HashMap<>();
        for (int i = 0; i < sessions; i++) {
            went.merge(send(i, 1), 1, Integer::sum);
            nanos.addAndGet(apart.toNanos());
        }
        return went;
    }

    @Test
    void aSystemPromptThatComesOftenSpreadsToAllEndpoints() {
        Map<String, Integer> went = sendNewSessions(200, Duration.ofSeconds(1));
        assertThat(went.values())
                .hasSize(4)
                .allSatisfy(count -> assertThat(count).isLessThan(100));
    }

    @Test
    void aSystemPromptThatComesSeldomStaysWhereItIs() {
        // Two uses an endpoint in ten minutes.
        assertThat(sendNewSessions(20, Duration.ofSeconds(75))).hasSize(1);
    }

    @Test
    void turnsOfOneSessionAreNoUseToOthers() {
        for (int turn = 0; turn < 200; turn++) {
            send(7, 2);
            nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        }
        String home = send(7, 2);
        assertThat(send(8, 2)).isEqualTo(home);
    }

    @Test
    void cachesThatTurnOverInSecondsShareNothing() {
        endpoints.forEach(endpoint -> index.capacity(endpoint.id(), BLOCKS + 10));
        String home = send(0, 1);
        int elsewhere = 0;
        for (int i = 1; i < 100; i++) {
            // Each endpoint evicts all that it has between two uses.
            for (Endpoint endpoint : endpoints) {
                if (!endpoint.name().equals(home)) {
                    index.insert(endpoint.id(), PromptBlocks.of(new long[] {-i}, 256, 256));
                    index.capacity(endpoint.id(), 1);
                }
            }
            nanos.addAndGet(Duration.ofSeconds(1).toNanos());
            elsewhere += send(i, 1).equals(home) ? 0 : 1;
        }
        assertThat(elsewhere).isZero();
    }
}
