package dev.warmlane.tools.replay;

import dev.warmlane.core.prefix.PromptBeginning.PrefixCall;
import dev.warmlane.core.prefix.PromptBeginning.Shared;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.SharedPrompts.SharedPart;
import dev.warmlane.core.prefix.UseForecast;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The prefixes of prompts that several sessions share, and how often each will come soon. What only one session has sent is never
 * among them. A tree of blocks, bounded: the one that was not used for the longest time leaves first. Used by one thread.
 */
final class SharedPrefixes {
    private static final double NANOS_PER_SECOND = 1e9;

    /** Of those that send a block, how many go on in other ways than are known where sessions part after it. */
    private static final double LEAST_PARTING = 0.01;

    /** An engine is told of what is held, not of a request. */
    private static final byte[] NO_BODY = {};

    /** By what prefixes are expected to come. */
    enum Expectation {
        FORECAST,
        /** As often as once since the last time. */
        RECENCY,
        /** As often as ever since the beginning. */
        FREQUENCY;

        /** The name in options, lower case. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Expectation expectation;
    private final UseForecast forecast = new UseForecast();
    private final SharedPart part = new SharedPart();
    private final Map<Long, Block> blocks;

    /** @param maxBlocks how many are kept, at least 1 */
    SharedPrefixes(int maxBlocks, Expectation expectation) {
        this.expectation = expectation;
        this.blocks = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Long, Block> eldest) {
                return size() > maxBlocks;
            }
        };
    }

    /** A session sends a prompt. Returns how many leading blocks of it several have sent before. */
    int used(PromptBlocks prompt, long session, long nowNanos) {
        int shared = 0;
        Block before = null;
        for (int i = 0; i < prompt.length(); i++) {
            Block head = before;
            int length = i + 1;
            Block block = blocks.computeIfAbsent(
                    prompt.hash(i), hash -> new Block(hash, head, length, prompt.blockSizeBytes()));
            shared += shared == i && block.isShared ? 1 : 0;
            if (block.uses.isEmpty() || block.lastSession != session) {
                block.isShared |= !block.uses.isEmpty();
                forecast.used(block.uses, nowNanos / NANOS_PER_SECOND);
                block.lastSeconds = nowNanos / NANOS_PER_SECOND;
                block.count++;
                block.lastSession = session;
            }
            before = block;
        }
        for (Block used = before; used != null; used = used.before) {
            // A head leaves after what goes on from it.
            blocks.get(used.hash);
        }
        part.add((long) shared * prompt.blockSizeBytes(), prompt.bytes());
        return shared;
    }

    /** Of the prompts lately, by bytes, how much several sessions had sent before. */
    double share() {
        return part.share();
    }

    /**
     * What several sessions share, up to where they part, the most frequent first; of two alike the shorter.
     *
     * @param leastPerSecond what is expected less often than this is left out
     */
    List<Shared> best(double leastPerSecond, long nowNanos) {
        Map<Block, Double> expected = new LinkedHashMap<>();
        Map<Block, Double> following = new HashMap<>();
        for (Block block : blocks.values()) {
            double perSecond = block.isShared ? perSecond(block, nowNanos / NANOS_PER_SECOND) : 0;
            if (perSecond > 0 && perSecond >= leastPerSecond) {
                expected.put(block, perSecond);
                if (block.before != null) {
                    following.merge(block.before, perSecond, Double::sum);
                }
            }
        }
        List<Shared> best = new ArrayList<>();
        expected.forEach((block, perSecond) -> {
            double own = Math.max(0, perSecond - following.getOrDefault(block, 0.0));
            if (!following.containsKey(block) || own >= Math.max(leastPerSecond, LEAST_PARTING * perSecond)) {
                PrefixCall call = new PrefixCall("", NO_BODY, block.prompt());
                best.add(new Shared(block.hash, call, perSecond, own, block.lastSession));
            }
        });
        best.sort(Comparator.comparingDouble(Shared::perSecond)
                .reversed()
                .thenComparingLong(shared -> shared.call().prompt().bytes()));
        return best;
    }

    private double perSecond(Block block, double nowSeconds) {
        return switch (expectation) {
            case FORECAST -> forecast.perSecond(block.uses, nowSeconds);
            case RECENCY -> 1 / Math.max(1, nowSeconds - block.lastSeconds);
            case FREQUENCY -> block.count / Math.max(1, nowSeconds);
        };
    }

    private static final class Block {
        private final long hash;
        private final @Nullable Block before;
        private final int length;
        private final int sizeBytes;
        private final UseForecast.Uses uses = new UseForecast.Uses();
        private long lastSession;
        private double lastSeconds;
        private long count;
        private boolean isShared;

        Block(long hash, @Nullable Block before, int length, int sizeBytes) {
            this.hash = hash;
            this.before = before;
            this.length = length;
            this.sizeBytes = sizeBytes;
        }

        /** All up to here. */
        PromptBlocks prompt() {
            long[] hashes = new long[length];
            for (Block block = this; block != null; block = block.before) {
                hashes[block.length - 1] = block.hash;
            }
            return PromptBlocks.of(hashes, sizeBytes, (long) length * sizeBytes);
        }
    }
}
