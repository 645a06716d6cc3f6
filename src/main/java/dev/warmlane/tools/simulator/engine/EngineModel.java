package dev.warmlane.tools.simulator.engine;

import dev.warmlane.tools.WrongArgumentException;
import dev.warmlane.tools.simulator.engine.EngineRequest.EngineSequence;
import java.time.Duration;

/**
 * How long one step of an engine takes, and how much fits into it. Times are in nanoseconds, fractions allowed.
 *
 * @param stepNanos fixed cost of a step: reading the weights once, launching kernels; >= 0
 * @param prefillTokenNanos cost of a prompt token; >= 0
 * @param attentionNanos cost of a prompt token per token of context before it; >= 0
 * @param decodeSequenceNanos cost of a sequence that receives its next token; >= 0
 * @param decodeContextTokenNanos cost of each token of context of such a sequence: reading its KV cache; >= 0
 * @param maxStepTokens tokens that one step computes at most; at least {@code maxSequences}
 * @param maxSequences requests that run at the same time at most; at least 1
 */
public record EngineModel(
        double stepNanos,
        double prefillTokenNanos,
        double attentionNanos,
        double decodeSequenceNanos,
        double decodeContextTokenNanos,
        int maxStepTokens,
        int maxSequences) {

    /** An 8B model in 16 bits on one H100. */
    public static final EngineModel H100_8B = new EngineModel(7e6, 45e3, 1.2, 10e3, 52, 8192, 256);

    /**
     * A 70B model in 16 bits on four H100 with tensor parallelism, scaled from the 8B one by arithmetic, not measured. Weights:
     * 140 GB over 4 x 3.35 TB/s, 10.4 ms a step, plus 5.6 ms for launching and two all-reduces in each of 80 layers. Prefill:
     * 8.75 times the work over 4 GPUs at 85 % efficiency. Attention matters from the same order of prompt length on, 50,000 tokens.
     * KV cache: 320 KiB a token over 4 GPUs, against 128 KiB on one.
     */
    public static final EngineModel H100X4_70B = new EngineModel(16e6, 115e3, 2.3, 20e3, 33, 8192, 256);

    /** Quick enough to watch and slow enough to see: a cold prompt of 2,000 tokens takes 50 ms, a warm one 5 ms. */
    public static final EngineModel DEMO = new EngineModel(4e6, 23e3, 0.1, 10e3, 5, 8192, 256);

    /** For tests: 0.2 ms a step, whatever is in it. */
    public static final EngineModel INSTANT = new EngineModel(200e3, 0, 0, 0, 0, 8192, 256);

    public EngineModel {
        requireNotNegative("step", stepNanos);
        requireNotNegative("prefill token", prefillTokenNanos);
        requireNotNegative("attention", attentionNanos);
        requireNotNegative("decode sequence", decodeSequenceNanos);
        requireNotNegative("decode context token", decodeContextTokenNanos);
        WrongArgumentException.atLeast("max sequences", maxSequences, 1);
        String expected = ">= max sequences, %d".formatted(maxSequences);
        WrongArgumentException.check(maxStepTokens >= maxSequences, "max step tokens", maxStepTokens, expected);
    }

    /**
     * The preset of this name.
     *
     * @param name demo, instant, 8b-h100 or 70b-h100x4
     * @throws IllegalArgumentException if there is none
     */
    public static EngineModel preset(String name) {
        return switch (name) {
            case "demo" -> DEMO;
            case "instant" -> INSTANT;
            case "8b-h100" -> H100_8B;
            case "70b-h100x4" -> H100X4_70B;
            default -> throw WrongArgumentException.of("preset", name, "demo, instant, 8b-h100 or 70b-h100x4");
        };
    }

    /** How long this step takes, in nanoseconds; at least 1, so that time always moves on. */
    long nanos(StepLoad load) {
        double nanos = stepNanos
                + prefillTokenNanos * load.prefillTokens
                + attentionNanos * load.prefillPositions
                + decodeSequenceNanos * load.decodeSequences
                + decodeContextTokenNanos * load.decodeContextTokens;
        return Math.max(1, Math.round(nanos));
    }

    private static void requireNotNegative(String name, double nanos) {
        WrongArgumentException.check(nanos >= 0 && nanos < Double.POSITIVE_INFINITY, name, nanos + " ns", ">= 0");
    }

    /** What one step computes; reused from step to step so that stepping allocates nothing. */
    static final class StepLoad {
        long prefillTokens;
        /** Sum over the prompt tokens of their positions in the context. */
        double prefillPositions;

        int decodeSequences;
        long decodeContextTokens;

        void clear() {
            prefillTokens = 0;
            prefillPositions = 0;
            decodeSequences = 0;
            decodeContextTokens = 0;
        }

        void add(EngineSequence sequence) {
            if (sequence.decoding()) {
                decodeSequences++;
                decodeContextTokens += sequence.computedTokens;
            } else {
                int tokens = sequence.stepTokens;
                prefillTokens += tokens;
                prefillPositions += (double) tokens * (sequence.computedTokens + tokens / 2.0);
            }
        }
    }

    /**
     * How an engine keeps LoRA adapters.
     *
     * @param slots adapters that it holds at a time; 0 if it says nothing of them, and they cost nothing
     * @param loading how long loading one takes; not negative
     */
    public record AdapterConfig(int slots, Duration loading) {
        /** Adapters that cost nothing. */
        public static final AdapterConfig NONE = new AdapterConfig(0, Duration.ZERO);

        public AdapterConfig {
            WrongArgumentException.atLeast("adapter slots", slots, 0);
            WrongArgumentException.within("adapter load ms", loading.toMillis(), 0, WrongArgumentException.HOUR_MILLIS);
        }

        long loadNanos() {
            return loading.toNanos();
        }
    }

    /**
     * The KV cache of one engine.
     *
     * <p>An engine leaves some of its cache unused in effect: the last block of a request is rarely full, and a block that two
     * requests computed side by side is there twice, all in line with the others to be overwritten. With blocks of 16 tokens that
     * is little. A trace that knows only blocks of 512 would waste as many blocks and 32 times the tokens, so its caches are {@code
     * wasteless}: a block that did not become full is overwritten first, and one whose content is there already is given back.
     *
     * @param blockSizeTokens tokens in one block; at least 1
     * @param blocks how many blocks there are; at least 1
     * @param prefixCaching whether blocks are reused by later requests with the same prefix
     * @param wasteless whether blocks that hold nothing new give way at once
     */
    public record CacheConfig(int blockSizeTokens, int blocks, boolean prefixCaching, boolean wasteless) {

        /** More than any engine has; each takes memory here, too. */
        private static final int MOST_BLOCKS = 10_000_000;

        public CacheConfig {
            WrongArgumentException.atLeast("block size", blockSizeTokens, 1);
            WrongArgumentException.within("kv blocks", blocks, 1, MOST_BLOCKS);
        }

        /** A cache that wastes as much as vLLM's. */
        public CacheConfig(int blockSizeTokens, int blocks, boolean prefixCaching) {
            this(blockSizeTokens, blocks, prefixCaching, false);
        }

        /** A cache with prefix caching for this many tokens, rounded down to whole blocks. */
        public static CacheConfig ofTokens(int blockSizeTokens, long tokens) {
            long most = (long) MOST_BLOCKS * blockSizeTokens;
            WrongArgumentException.check(tokens <= most, "kv tokens", tokens, "<= " + most);
            return new CacheConfig(blockSizeTokens, (int) (tokens / blockSizeTokens), true);
        }

        /** The cache with blocks that are larger than the engine's own. */
        public CacheConfig withoutWaste() {
            return new CacheConfig(blockSizeTokens, blocks, prefixCaching, true);
        }

        /** Tokens that fit into all blocks. */
        public long capacityTokens() {
            return (long) blocks * blockSizeTokens;
        }

        /** How many blocks hold this many tokens, the last one possibly in part. */
        int blocksFor(int tokens) {
            return (tokens + blockSizeTokens - 1) / blockSizeTokens;
        }
    }
}
