package dev.warmlane.core.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.prefix.PredictedContents.PrefixMatch;
import java.net.URI;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs random operations against the index and against a plain LRU map for each endpoint. */
class PrefixIndexReferenceTest {
    private static final int CAPACITY = 60;
    private static final List<Endpoint> ENDPOINTS = IntStream.range(0, 70)
            .mapToObj(i -> Endpoint.ofUri(URI.create("http://pod-" + i)))
            .toList();

    private final PrefixIndex index = new PrefixIndex(CAPACITY);
    private final Map<Endpoint, Reference> references = new HashMap<>();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void agreesWithAPlainMapForEachEndpoint(long seed) {
        Random random = new Random(seed);
        for (int operation = 0; operation < 20_000; operation++) {
            Endpoint endpoint = ENDPOINTS.get(random.nextInt(operation < 10_000 ? 5 : ENDPOINTS.size()));
            PromptBlocks prompt = prompt(random);
            switch (random.nextInt(20)) {
                case 0 -> remove(endpoint);
                case 1, 2 -> capacity(endpoint, 1 + random.nextInt(2 * CAPACITY));
                case 3, 4 -> trim(endpoint, prompt, random.nextInt(prompt.length() + 1));
                case 5, 6, 7, 8, 9, 10, 11 -> insert(endpoint, prompt);
                default -> compare(prompt);
            }
            assertThat(index.blocks(endpoint.id()))
                    .isEqualTo(reference(endpoint).size());
        }
    }

    /** One of few chains that branch, up to twice as long as the capacity. */
    private static PromptBlocks prompt(Random random) {
        int length = random.nextInt(random.nextInt(8) == 0 ? 2 * CAPACITY : 12);
        long[] hashes = new long[length];
        long parent = random.nextInt(3);
        for (int i = 0; i < length; i++) {
            parent = parent * 31 + 7 + (random.nextInt(5) == 0 ? 1 : 0);
            hashes[i] = parent;
        }
        return PromptBlocks.of(hashes, 1, length);
    }

    private void compare(PromptBlocks prompt) {
        PrefixMatch match = index.match(prompt, ENDPOINTS);
        for (int i = 0; i < ENDPOINTS.size(); i++) {
            assertThat(match.matchedBlocks(i))
                    .isEqualTo(reference(ENDPOINTS.get(i)).matched(prompt));
        }
    }

    private void insert(Endpoint endpoint, PromptBlocks prompt) {
        index.insert(endpoint.id(), prompt);
        reference(endpoint).insert(prompt);
    }

    private void trim(Endpoint endpoint, PromptBlocks prompt, int delivered) {
        index.trim(endpoint.id(), prompt, delivered);
        for (int i = delivered; i < prompt.length(); i++) {
            reference(endpoint).remove(prompt.hash(i));
        }
    }

    private void capacity(Endpoint endpoint, int blocks) {
        index.capacity(endpoint.id(), blocks);
        reference(endpoint).capacity(blocks);
    }

    private void remove(Endpoint endpoint) {
        index.remove(endpoint.id());
        references.remove(endpoint);
    }

    private Reference reference(Endpoint endpoint) {
        return references.computeIfAbsent(endpoint, key -> new Reference());
    }

    private static final class Reference extends LinkedHashMap<Long, Boolean> {
        private int capacity = CAPACITY;

        Reference() {
            super(16, 0.75f, true);
        }

        void insert(PromptBlocks prompt) {
            for (int i = prompt.length() - 1; i >= 0; i--) {
                put(prompt.hash(i), true);
            }
            evict();
        }

        void capacity(int blocks) {
            capacity = blocks;
            evict();
        }

        int matched(PromptBlocks prompt) {
            int matched = 0;
            while (matched < prompt.length() && containsKey(prompt.hash(matched))) {
                matched++;
            }
            return matched;
        }

        private void evict() {
            while (size() > capacity) {
                remove(keySet().iterator().next());
            }
        }
    }
}
