package dev.warmlane.tools.replay;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.UseForecast;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The prefixes of prompts that several sessions share, and how often each will come soon. What only one session has sent is never
 * among them. A tree of blocks, bounded: the one that was not used for the longest time leaves first. Used by one thread.
 */
final class SharedPrefixes {
    private static final double NANOS_PER_SECOND = 1e9;

    /** Of an endpoint's share of all uses, what nobody holds where one was lost. */
    private static final double LOST_SHARE = 0.5;

    /** Of an endpoint's share of all uses, what one is given that takes the place of another. */
    private static final double PLACE_SHARE = 1.25;

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

    /**
     * A prefix that several sessions share.
     *
     * @param perSecond how often it is expected
     * @param lastSession the one that sent it last
     */
    record Shared(PromptBlocks prompt, double perSecond, long lastSession) {}

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
        return shared;
    }

    /**
     * What an empty cache should be given, until these blocks are full: first what no other cache holds, which is to be computed
     * wherever a request for it goes; then what others hold, so that requests for it can come here as well. Of both, what is expected most
     * often goes first.
     *
     * <p>One that takes the place of another, whose sessions the others have by now, is given a quarter more than its share of all uses: the
     * others carry more than theirs, so that it is needed.
     *
     * <p>Where nobody holds as much as half an endpoint's share of all uses, an endpoint was lost, and the others have its requests: then
     * what others hold is left out, so that this one is there sooner.
     *
     * @param leastPerSecond what is expected less often than this is left out
     * @param endpoints that there will be
     * @param takesPlace whether it takes the place of one that has handed over what it held
     * @param held how many leading blocks of a prompt some other cache holds
     */
    List<Shared> best(
            int maxBlocks,
            double leastPerSecond,
            int endpoints,
            boolean takesPlace,
            ToIntFunction<PromptBlocks> held,
            long nowNanos) {
        Map<@Nullable Block, List<Expected>> following = new HashMap<>();
        for (Block block : blocks.values()) {
            double perSecond = block.isShared ? perSecond(block, nowNanos / NANOS_PER_SECOND) : 0;
            if (perSecond > 0 && perSecond >= leastPerSecond) {
                following
                        .computeIfAbsent(block.before, head -> new ArrayList<>())
                        .add(new Expected(block, perSecond));
            }
        }
        Set<Block> missing = missing(following, held);
        Map<Block, Double> own = ownPerSecond(following);
        double share = perSecond(own, block -> true) / endpoints;
        double enough = takesPlace ? PLACE_SHARE * share : Double.POSITIVE_INFINITY;
        if (perSecond(own, missing::contains) >= LOST_SHARE * share) {
            following.values().forEach(some -> some.removeIf(expected -> !missing.contains(expected.block)));
        }
        // Of what comes equally often, one prefix to its end before the next.
        PriorityQueue<Expected> open =
                new PriorityQueue<>(Comparator.comparing((Expected expected) -> missing.contains(expected.block))
                        .thenComparingDouble(Expected::perSecond)
                        .thenComparingInt(expected -> expected.block.length)
                        .reversed());
        open.addAll(following.getOrDefault(null, List.of()));
        LinkedHashMap<Block, Expected> ends = new LinkedHashMap<>();
        double uses = 0;
        for (int taken = 0; taken < maxBlocks && !open.isEmpty(); taken++) {
            Expected expected = open.remove();
            Block next = expected.block;
            if (uses > enough && !missing.contains(next)) {
                break;
            }
            uses += own.getOrDefault(next, 0.0);
            ends.remove(next.before);
            ends.put(next, expected);
            open.addAll(following.getOrDefault(next, List.of()));
        }
        return ends.values().stream()
                .map(end -> new Shared(end.block.prompt(), end.perSecond, end.block.lastSession))
                .toList();
    }

    private double perSecond(Block block, double nowSeconds) {
        return switch (expectation) {
            case FORECAST -> forecast.perSecond(block.uses, nowSeconds);
            case RECENCY -> 1 / Math.max(1, nowSeconds - block.lastSeconds);
            case FREQUENCY -> block.count / Math.max(1, nowSeconds);
        };
    }

    /** Blocks that no other cache holds, and their heads. */
    private static Set<Block> missing(
            Map<@Nullable Block, List<Expected>> following, ToIntFunction<PromptBlocks> held) {
        Set<Block> missing = new HashSet<>();
        following.values().stream().flatMap(List::stream).map(Expected::block).forEach(block -> {
            if (!following.containsKey(block) && held.applyAsInt(block.prompt()) < block.length) {
                for (Block head = block; head != null && missing.add(head); ) {
                    head = head.before;
                }
            }
        });
        return missing;
    }

    /** How often prompts end or part with a block: a prompt counts once, not once for each of its blocks. */
    private static Map<Block, Double> ownPerSecond(Map<@Nullable Block, List<Expected>> following) {
        Map<Block, Double> own = new HashMap<>();
        following.values().stream().flatMap(List::stream).forEach(expected -> {
            double longer = following.getOrDefault(expected.block, List.of()).stream()
                    .mapToDouble(Expected::perSecond)
                    .sum();
            own.put(expected.block, Math.max(0, expected.perSecond - longer));
        });
        return own;
    }

    private static double perSecond(Map<Block, Double> own, Predicate<Block> counted) {
        return own.entrySet().stream()
                .filter(block -> counted.test(block.getKey()))
                .mapToDouble(Map.Entry::getValue)
                .sum();
    }

    private record Expected(Block block, double perSecond) {}

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
