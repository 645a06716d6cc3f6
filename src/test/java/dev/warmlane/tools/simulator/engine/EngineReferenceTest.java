package dev.warmlane.tools.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.tools.simulator.engine.EngineModel.CacheConfig;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import dev.warmlane.tools.simulator.engine.EngineRequest.FinishReason;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The engine against a cache that is written down as plainly as possible, and under random load. */
class EngineReferenceTest {
    private static final int BLOCK = 4;

    /** A block's content, null for none, and when it was published. */
    private record Content(@Nullable Long hash, int published) {}

    /** Contents of free blocks, oldest first; requests come one at a time, so between them every block is free. */
    private static final class PlainCache {
        private final List<Content> oldestFirst = new ArrayList<>();
        private int publications;

        PlainCache(int blocks) {
            for (int i = 0; i < blocks; i++) {
                oldestFirst.add(new Content(null, 0));
            }
        }

        int serve(int promptTokens, int outputTokens, long[] hashes) {
            List<Content> held = new ArrayList<>();
            while (held.size() < (promptTokens - 1) / BLOCK && held.size() < hashes.length) {
                Content found = firstPublished(hashes[held.size()]);
                if (found == null) {
                    break;
                }
                held.add(found);
            }
            oldestFirst.removeAll(held);
            int hits = held.size();
            int computed = promptTokens + outputTokens - 1;
            for (int i = hits; i < (computed + BLOCK - 1) / BLOCK; i++) {
                oldestFirst.remove(0);
                held.add(new Content(i < computed / BLOCK && i < hashes.length ? hashes[i] : null, ++publications));
            }
            for (int i = held.size() - 1; i >= 0; i--) {
                oldestFirst.add(held.get(i));
            }
            return hits * BLOCK;
        }

        private @Nullable Content firstPublished(long hash) {
            return oldestFirst.stream()
                    .filter(content -> content.hash() != null && content.hash() == hash)
                    .min(Comparator.comparingInt(Content::published))
                    .orElse(null);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void hitsWhatAPlainCacheHits(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int blocks = 40 + random.nextInt(100);
        PlainCache plain = new PlainCache(blocks);
        EngineTestDriver driver = new EngineTestDriver(EngineModel.INSTANT, new CacheConfig(BLOCK, blocks, true));
        for (int i = 0; i < 2_000; i++) {
            int prompt = 1 + random.nextInt(100);
            int output = 1 + random.nextInt(40);
            long[] hashes = chain(random.nextInt(6), random.nextInt((prompt + output) / BLOCK + 1), random.nextInt(30));
            EngineSequence sequence = driver.engine.submit(
                    new EngineRequest(prompt, output, hashes, FinishReason.LENGTH, EngineRequest.Listener.NONE),
                    driver.nowNanos);
            driver.runToEnd();
            assertThat(sequence.cachedTokens()).isEqualTo(plain.serve(prompt, output, hashes));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void endsEveryRequestAndReleasesEveryBlockUnderLoad(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        EngineTestDriver driver = new EngineTestDriver(EngineModel.H100_8B, new CacheConfig(BLOCK, 60, true));
        List<EngineSequence> sequences = new ArrayList<>();
        long queried = 0;
        for (int i = 0; i < 3_000; i++) {
            driver.nowNanos += random.nextLong(60_000_000);
            int prompt = 1 + random.nextInt(120);
            int output = random.nextInt(60);
            long[] hashes = chain(random.nextInt(4), (prompt + output) / BLOCK, random.nextInt(20));
            sequences.add(driver.engine.submit(
                    new EngineRequest(prompt, output, hashes, FinishReason.STOP, driver), driver.nowNanos));
            queried += prompt;
            if (random.nextInt(10) == 0) {
                driver.engine.cancel(sequences.get(random.nextInt(sequences.size())), driver.nowNanos);
            }
            assertThat(driver.engine.stats().kvCacheUsage()).isBetween(0.0, 1.0);
        }
        driver.runToEnd();
        EngineStats stats = driver.engine.stats();
        assertThat(sequences).allMatch(EngineSequence::isFinished);
        assertThat(stats.running() + stats.waiting()).isZero();
        assertThat(stats.kvCacheUsage()).isZero();
        assertThat(stats.preemptions()).as("the load is heavy enough to matter").isPositive();
        assertThat(stats.stopped() + stats.aborted()).isEqualTo(sequences.size());
        assertThat(stats.queriedTokens()).isLessThanOrEqualTo(queried);
        assertThat(stats.hitTokens()).isPositive().isLessThan(stats.queriedTokens());
        assertThat(driver.events)
                .filteredOn(event -> !event.startsWith("token"))
                .hasSize(sequences.size());
    }

    /** Families share their first blocks; from the branch point on each branch is its own. */
    private static long[] chain(int family, int length, int branch) {
        long[] hashes = new long[length];
        for (int i = 0; i < length; i++) {
            hashes[i] = i < 5 ? family * 1_000_000L + i : family * 1_000_000L + (branch + 1) * 1_000L + i;
        }
        return hashes;
    }
}
