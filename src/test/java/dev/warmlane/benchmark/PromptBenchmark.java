package dev.warmlane.benchmark;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.PromptBlocks.PromptHasher;
import dev.warmlane.core.vllm.GenerationRequest;
import java.util.concurrent.TimeUnit;
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

/** What it takes to get from a request's bytes to the hashes of its blocks. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 4, time = 1)
@Fork(1)
public class PromptBenchmark {
    private final PromptHasher hasher = new PromptHasher(256);

    /** 130 KB is about 32,000 tokens and 500 blocks. */
    @Param({"2000", "16000", "130000"})
    int bytes;

    private byte[] body;

    @Setup
    public void writeBody() {
        body = ChatBodies.chat(bytes, 1);
    }

    @Benchmark
    public GenerationRequest parse() {
        return GenerationRequest.parse(body);
    }

    @Benchmark
    public PromptBlocks parseAndHash() {
        GenerationRequest.parse(body).prompt().writeTo(hasher::accept, null);
        return hasher.finish();
    }

    @Benchmark
    public PromptBlocks hash() {
        hasher.accept(body, 0, body.length);
        return hasher.finish();
    }
}
