package dev.warmlane.benchmark;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.reuse.CacheUse;
import dev.warmlane.core.prefix.reuse.ToldUse;
import java.util.SplittableRandom;
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

/** What a request and its response take that are told to the estimate of larger caches: to queue both, and to take them in. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CacheUseBenchmark {
    private static final int SESSIONS = 3000;
    private static final int BLOCK_BYTES = 256;
    private static final int SHARED_BLOCKS = 24;
    private static final int DRAINED_EVERY = 256;

    /** Blocks of a prompt: 2,000 tokens, 6,000 tokens and 32,000 tokens. */
    @Param({"32", "96", "512"})
    int blocks;

    /** Whether prompts are taken in, too. */
    @Param({"true", "false"})
    boolean works;

    private final CacheUse use = new CacheUse();
    private final PromptBlocks[] prompts = new PromptBlocks[1 << 14];
    private final ToldUse.Prompt[] told = new ToldUse.Prompt[prompts.length];
    private long requests;

    @Setup
    public void prompts() {
        SplittableRandom random = new SplittableRandom(1);
        use.capacity(3_200_000);
        for (int i = 0; i < prompts.length; i++) {
            int session = random.nextInt(SESSIONS);
            long[] hashes = new long[blocks];
            for (int block = 0; block < blocks; block++) {
                int of = block < SHARED_BLOCKS ? session % 50 : 1000 + session;
                hashes[block] = new SplittableRandom(of * 100_000L + block).nextLong();
            }
            prompts[i] = PromptBlocks.of(hashes, BLOCK_BYTES, (long) blocks * BLOCK_BYTES + 7);
            told[i] = ToldUse.Prompt.of(prompts[i], session + 1, session % 8, 4);
        }
    }

    @Benchmark
    public void tell() {
        int one = (int) requests & (prompts.length - 1);
        long nanos = requests++ * 1_000_000;
        use.sent(told[one], prompts[one], nanos);
        use.completed(new ToldUse.Completed(told[one], 100L, 4L * blocks, 200, 90L), nanos);
        if (works && requests % DRAINED_EVERY == 0) {
            use.work();
        }
    }
}
