package dev.warmlane.core.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.HealthWatch;
import dev.warmlane.core.prefix.Matches;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.PoolAverages.UsageReport;
import dev.warmlane.core.routing.policy.ConsistentHashPolicy;
import dev.warmlane.core.routing.policy.ExpectedCostPolicy;
import dev.warmlane.core.routing.policy.ShippedCosts;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the usage of a response teaches the index. */
class DeliveredHitsTest {
    private static final int BLOCK_BYTES = 256;
    private static final int BLOCK_TOKENS = 64;
    private static final int CAPACITY = 1000;
    private static final Endpoint ENDPOINT = Endpoint.ofUri(URI.create("http://e"));

    private final PrefixIndex index = new PrefixIndex(CAPACITY);
    private final PoolMemory memory = PoolMemories.of(
            new AffinityTable(100, Duration.ofHours(2), System::nanoTime), index, BLOCK_BYTES, new InFlight());
    private final EndpointPool pool = new EndpointPool("test");
    private final ExpectedCostPolicy expectedCost = new ExpectedCostPolicy(ShippedCosts.PARAMETERS);
    private final Router router = router(expectedCost);

    private Router router(RoutingPolicy policy) {
        return new Router(pool, policy, memory, new DecisionLog(1, InstantSource.system()), HealthWatch.NONE);
    }

    @BeforeEach
    void fillTheIndex() {
        pool.replace(List.of(ENDPOINT));
        index.insert(ENDPOINT.id(), prompt(0, CAPACITY));
    }

    private static PromptBlocks prompt(long first, int blocks) {
        return PromptBlocks.of(
                LongStream.range(first, first + blocks).toArray(), BLOCK_BYTES, (long) blocks * BLOCK_BYTES);
    }

    private void answer(Router by, AffinityKey key, PromptBlocks prompt, @Nullable Long cachedTokens) {
        Dispatch dispatch = by.dispatch(new RoutingRequest(key, prompt), Set.of());
        assertThat(dispatch).isNotNull();
        dispatch.delivered(new UsageReport((long) prompt.length() * BLOCK_TOKENS, 300, cachedTokens));
        dispatch.close();
    }

    private void answer(PromptBlocks prompt, @Nullable Long cachedTokens) {
        answer(router, AffinityKey.promptPrefix(1), prompt, cachedTokens);
    }

    private int capacity() {
        index.insert(ENDPOINT.id(), prompt(10_000, 5 * CAPACITY));
        return index.blocks(ENDPOINT.id());
    }

    @Test
    void aPredictionThatCameTrueChangesNothing() {
        answer(prompt(0, 100), 100L * BLOCK_TOKENS);
        assertThat(capacity()).isEqualTo(CAPACITY);
    }

    @Test
    void aPredictionThatWasTooHighShrinksTheIndexAndKeepsThePromptThatIsThereNow() {
        answer(prompt(0, 100), 0L);
        assertThat(Matches.matchedBlocks(index, ENDPOINT.id(), prompt(0, 100))).isEqualTo(100);
        assertThat(capacity()).isBetween(CAPACITY / 2, CAPACITY - 100);
    }

    @Test
    void aPromptThatTheIndexHadForgottenMakesItGrow() {
        answer(prompt(5_000, 100), 99L * BLOCK_TOKENS);
        assertThat(capacity()).isGreaterThan(CAPACITY + 100);
    }

    @Test
    void anAnswerThatComesBackInThePromptIsNoSurprise() {
        for (int turn = 0; turn < 50; turn++) {
            answer(prompt(0, 100), 104L * BLOCK_TOKENS);
        }
        assertThat(capacity()).isEqualTo(CAPACITY);
    }

    @Test
    void anEngineThatDoesNotSayTeachesNothing() {
        answer(prompt(0, 100), null);
        assertThat(capacity()).isEqualTo(CAPACITY);
    }

    @Test
    void aChoiceThatDidNotLookAtTheIndexTeachesNothing() {
        Router byKey = router(new ConsistentHashPolicy(new LoadBound(1.25, 8), expectedCost));
        answer(byKey, AffinityKey.of("test", KeySource.SESSION, "s"), prompt(0, 100), 0L);
        assertThat(capacity()).isEqualTo(CAPACITY);
    }
}
