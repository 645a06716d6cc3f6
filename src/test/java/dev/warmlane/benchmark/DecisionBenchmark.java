package dev.warmlane.benchmark;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.PromptBlocks.PromptHasher;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.routing.PoolMemories;
import dev.warmlane.core.routing.PoolMemory;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingView;
import dev.warmlane.core.routing.policy.ExpectedCostPolicy;
import dev.warmlane.core.routing.policy.ShippedCosts;
import dev.warmlane.core.vllm.GenerationRequest;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
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

/** What one decision by expected cost takes, with and without reading the prompt, index warm. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 4, time = 1)
@Fork(1)
public class DecisionBenchmark {
    /** Endpoints x bytes of the body: a 32,000-token prompt on a large pool, 2,000 tokens on a small one. */
    @Param({"100x130000", "10x8000"})
    String shape;

    private final PrefixIndex index = new PrefixIndex(15_625);
    private final AffinityTable table = new AffinityTable(1000, Duration.ofHours(2), System::nanoTime);
    private final InFlight inFlight = new InFlight();
    private final PoolMemory memory = PoolMemories.of(table, index, PromptHasher.DEFAULT_BLOCK_SIZE_BYTES, inFlight);
    private final ExpectedCostPolicy policy = new ExpectedCostPolicy(ShippedCosts.PARAMETERS);
    private final PromptHasher hasher = new PromptHasher(PromptHasher.DEFAULT_BLOCK_SIZE_BYTES);
    private final AffinityKey key = AffinityKey.of("default", KeySource.SESSION, "session");
    private EndpointSnapshot snapshot = EndpointSnapshot.EMPTY;
    private byte[] body = {};
    private PromptBlocks prompt = PromptBlocks.EMPTY;

    @Setup
    public void warm() {
        String[] parts = shape.split("x");
        List<Endpoint> endpoints = IntStream.range(0, Integer.parseInt(parts[0]))
                .mapToObj(i -> Endpoint.ofUri(URI.create("http://pod-" + i + ":8000")))
                .toList();
        snapshot = new EndpointSnapshot(endpoints);
        body = ChatBodies.chat(Integer.parseInt(parts[1]), 1);
        prompt = read();
        for (Endpoint endpoint : endpoints) {
            index.insert(endpoint.id(), prompt);
            inFlight.open(endpoint.id(), 1000, 100);
        }
        table.bind(key, endpoints.get(0).id());
    }

    @Benchmark
    public RoutingDecision decide() {
        return policy.choose(new RoutingRequest(key, prompt), new RoutingView(memory, snapshot), Set.of());
    }

    @Benchmark
    public RoutingDecision readAndDecide() {
        return policy.choose(new RoutingRequest(key, read()), new RoutingView(memory, snapshot), Set.of());
    }

    private PromptBlocks read() {
        GenerationRequest.parse(body).prompt().writeTo(hasher::accept, null);
        return hasher.finish();
    }
}
