package dev.warmlane.core.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.prefix.PredictedContents.PrefixMatch;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PrefixIndexConcurrencyTest {
    private static final int CAPACITY = 200;
    private static final int OPERATIONS = 20_000;
    private static final PromptBlocks PINNED = range(-50, 0);
    private static final List<Endpoint> ENDPOINTS = IntStream.range(0, 80)
            .mapToObj(i -> Endpoint.ofUri(URI.create("http://pod-" + i)))
            .toList();

    private final PrefixIndex index = new PrefixIndex(CAPACITY);

    @Test
    void staysBoundedAndConsistentUnderConcurrentUse() throws Exception {
        // Nothing ever removes these blocks, so a reader that misses one has seen a table in the middle of a change.
        Endpoint untouched = Endpoint.ofUri(URI.create("http://untouched"));
        index.insert(untouched.id(), PINNED);
        runAll(List.of(
                () -> change(1), () -> change(2), () -> change(3), () -> read(untouched, 4), () -> read(untouched, 5)));

        for (Endpoint endpoint : ENDPOINTS) {
            index.insert(endpoint.id(), range(500_000, 500_000 + CAPACITY));
            assertThat(index.blocks(endpoint.id())).isEqualTo(CAPACITY);
        }
        PrefixMatch match = index.match(range(500_000, 500_000 + CAPACITY), ENDPOINTS);
        assertThat(IntStream.range(0, match.size())).allMatch(i -> match.matchedBlocks(i) == CAPACITY);

        // Each list evicted what it held before; a holder left behind in the shared table would show here.
        LongStream.range(0, 5_000)
                .forEach(hash -> assertThat(Matches.longest(index.match(range(hash, hash + 1), ENDPOINTS)))
                        .isZero());
    }

    private Void change(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < OPERATIONS; i++) {
            Endpoint endpoint = ENDPOINTS.get(random.nextInt(random.nextBoolean() ? 4 : ENDPOINTS.size()));
            PromptBlocks prompt = prompt(random);
            switch (random.nextInt(40)) {
                case 0 -> index.remove(endpoint.id());
                case 1 -> index.trim(endpoint.id(), prompt, prompt.length() / 2);
                default -> index.insert(endpoint.id(), prompt);
            }
            assertThat(index.blocks(endpoint.id())).isBetween(0, CAPACITY);
        }
        return null;
    }

    private Void read(Endpoint untouched, long seed) {
        Random random = new Random(seed);
        List<Endpoint> all = new ArrayList<>(ENDPOINTS);
        all.add(untouched);
        for (int i = 0; i < OPERATIONS; i++) {
            PromptBlocks prompt = prompt(random);
            assertThat(Matches.longest(index.match(prompt, all))).isBetween(0, prompt.length());
            assertThat(index.match(PINNED, all).matchedBlocks(ENDPOINTS.size())).isEqualTo(PINNED.length());
        }
        return null;
    }

    private static PromptBlocks prompt(Random random) {
        long from = 100L * random.nextInt(49);
        return range(from, from + 1 + random.nextInt(60));
    }

    private static void runAll(List<Callable<Void>> tasks) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(tasks.size());
        try {
            for (Future<Void> done : threads.invokeAll(tasks)) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static PromptBlocks range(long from, long to) {
        return PromptBlocks.of(LongStream.range(from, to).toArray(), 1, to - from);
    }
}
