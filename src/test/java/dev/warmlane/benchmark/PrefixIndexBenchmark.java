package dev.warmlane.benchmark;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.prefix.PredictedContents.PrefixMatch;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.prefix.PromptBlocks;
import java.net.URI;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the index takes when every endpoint's cache of a million tokens is full. {@code sessions} is how many prompts take
 * turns: one stays in the processor's cache, 500 do not.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 4, time = 1)
@Fork(1)
public class PrefixIndexBenchmark {
    private static final int CAPACITY = 15_625;

    /** Endpoints x blocks of a prompt: 32,000 tokens on a large pool, 2,000 on a small one. */
    @Param({"100x500", "10x31"})
    String shape;

    @Param({"1", "500"})
    int sessions;

    private final PrefixIndex index = new PrefixIndex(CAPACITY);
    private final Random random = new Random(1);
    private List<Endpoint> endpoints = List.of();
    private PromptBlocks[] prompts = {};
    private int blocks;
    private int next;

    @Setup
    public void fillIndex() {
        String[] parts = shape.split("x");
        blocks = Integer.parseInt(parts[1]);
        endpoints = IntStream.range(0, Integer.parseInt(parts[0]))
                .mapToObj(i -> Endpoint.ofUri(URI.create("http://pod-" + i + ":8000")))
                .toList();
        for (Endpoint endpoint : endpoints) {
            while (index.blocks(endpoint.id()) < CAPACITY) {
                index.insert(endpoint.id(), prompt());
            }
        }
        prompts = IntStream.range(0, sessions).mapToObj(i -> prompt()).toArray(PromptBlocks[]::new);
        for (PromptBlocks prompt : prompts) {
            // The session's endpoint knows all of the prompt, the others share its system prompt.
            Endpoint home = endpoints.get(random.nextInt(endpoints.size()));
            endpoints.forEach(endpoint -> index.insert(endpoint.id(), endpoint == home ? prompt : head(prompt)));
        }
    }

    @Benchmark
    public PrefixMatch match() {
        return index.match(nextPrompt(), endpoints);
    }

    @Benchmark
    public void insertAgain() {
        index.insert(endpoints.get(0).id(), nextPrompt());
    }

    @Benchmark
    public void insertNew() {
        index.insert(endpoints.get(0).id(), prompt());
    }

    private PromptBlocks nextPrompt() {
        next = next + 1 == prompts.length ? 0 : next + 1;
        return prompts[next];
    }

    private PromptBlocks prompt() {
        return PromptBlocks.of(random.longs(blocks).toArray(), 256, 256L * blocks);
    }

    private static PromptBlocks head(PromptBlocks prompt) {
        int length = prompt.length() / 10;
        return PromptBlocks.of(
                IntStream.range(0, length).mapToLong(prompt::hash).toArray(), 256, 256L * length);
    }
}
