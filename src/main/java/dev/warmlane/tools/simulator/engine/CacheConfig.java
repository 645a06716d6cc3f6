package dev.warmlane.tools.simulator.engine;

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

    public CacheConfig {
        if (blockSizeTokens < 1) {
            throw new IllegalArgumentException("block size: %d (expected: >= 1 token)".formatted(blockSizeTokens));
        }
        if (blocks < 1) {
            throw new IllegalArgumentException("blocks: %d (expected: >= 1)".formatted(blocks));
        }
    }

    /** A cache that wastes as much as vLLM's. */
    public CacheConfig(int blockSizeTokens, int blocks, boolean prefixCaching) {
        this(blockSizeTokens, blocks, prefixCaching, false);
    }

    /** A cache with prefix caching for this many tokens, rounded down to whole blocks. */
    public static CacheConfig ofTokens(int blockSizeTokens, long tokens) {
        return new CacheConfig(blockSizeTokens, Math.toIntExact(tokens / blockSizeTokens), true);
    }

    /** The same, for blocks that are larger than the engine's own. */
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
