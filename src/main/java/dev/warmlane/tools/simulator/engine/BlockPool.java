package dev.warmlane.tools.simulator.engine;

import dev.warmlane.tools.simulator.engine.EngineModel.CacheConfig;
import java.util.Arrays;

/**
 * The KV blocks of an engine. A block is held by one or more requests, or free. Free blocks keep their content and stay
 * findable by its hash until they are taken, least recently released first; whoever releases a request's blocks from its last
 * to its first makes the tail of a prefix go before its head.
 *
 * <p>Free blocks form a doubly linked list over two arrays, as in vLLM, so that every operation takes constant time:
 *
 * <pre>
 *   sentinel -> oldest free -> ... -> newest free -> sentinel
 * </pre>
 */
final class BlockPool {
    private final int[] holders;
    private final int[] newer;
    private final int[] older;
    private final int sentinel;
    private final boolean wasteless;
    private final PublishedBlocks published;
    private int free;

    BlockPool(int blocks) {
        this(blocks, false);
    }

    /** @param wasteless whether blocks that hold nothing new give way at once, see {@link CacheConfig} */
    BlockPool(int blocks, boolean wasteless) {
        this.wasteless = wasteless;
        holders = new int[blocks];
        newer = new int[blocks + 1];
        older = new int[blocks + 1];
        sentinel = blocks;
        newer[sentinel] = sentinel;
        older[sentinel] = sentinel;
        published = new PublishedBlocks(blocks);
        for (int block = 0; block < blocks; block++) {
            append(block);
        }
    }

    int freeBlocks() {
        return free;
    }

    boolean isFree(int block) {
        return holders[block] == 0;
    }

    /** A block, free or held, with this content, or -1. */
    int find(long hash) {
        return published.find(hash);
    }

    /** Adds a holder to a block that was found. */
    void hold(int block) {
        if (holders[block]++ == 0) {
            unlink(block);
        }
    }

    /** Takes the block that has been free for longest and forgets its content. There must be one. */
    int take() {
        int block = newer[sentinel];
        if (block == sentinel) {
            throw new IllegalStateException("free blocks: 0 (expected: >= 1)");
        }
        published.remove(block);
        hold(block);
        return block;
    }

    /**
     * Lets later requests find this block, which its only holder has filled.
     *
     * @return the block that the holder holds from now on: this, or another that had the content already
     */
    int publish(int block, long hash) {
        int same = wasteless ? published.find(hash) : -1;
        if (same < 0) {
            published.add(block, hash);
            return block;
        }
        hold(same);
        release(block);
        return same;
    }

    /** Removes a holder; without any the block becomes the newest free one, or the oldest if it wasted space. */
    void release(int block) {
        if (--holders[block] == 0) {
            if (wasteless && !published.contains(block)) {
                link(sentinel, block);
            } else {
                append(block);
            }
        }
    }

    private void append(int block) {
        link(older[sentinel], block);
    }

    /** Puts a block between this free one, or the sentinel, and the next newer one. */
    private void link(int before, int block) {
        int after = newer[before];
        newer[before] = block;
        older[block] = before;
        newer[block] = after;
        older[after] = block;
        free++;
    }

    private void unlink(int block) {
        newer[older[block]] = newer[block];
        older[newer[block]] = older[block];
        free--;
    }

    /**
     * Finds a block by the hash of its content: a hash table of block numbers with linear probing, which allocates nothing after
     * construction. Two blocks with equal content are both kept, as vLLM does, and {@link #find} gives the
     * one that was added first: linear probing without tombstones keeps equal keys in order.
     */
    private static final class PublishedBlocks {
        private static final int EMPTY = -1;

        private final int[] slots;
        private final int mask;
        private final int shift;
        private final long[] hashOfBlock;
        private final boolean[] published;

        PublishedBlocks(int blocks) {
            // At most half full, so that probing stays short.
            int bits = 33 - Integer.numberOfLeadingZeros(blocks);
            slots = new int[1 << bits];
            Arrays.fill(slots, EMPTY);
            mask = slots.length - 1;
            shift = 64 - bits;
            hashOfBlock = new long[blocks];
            published = new boolean[blocks];
        }

        /** A block with this hash, or -1. */
        int find(long hash) {
            for (int slot = home(hash); slots[slot] != EMPTY; slot = (slot + 1) & mask) {
                if (hashOfBlock[slots[slot]] == hash) {
                    return slots[slot];
                }
            }
            return -1;
        }

        boolean contains(int block) {
            return published[block];
        }

        void add(int block, long hash) {
            int slot = home(hash);
            while (slots[slot] != EMPTY) {
                slot = (slot + 1) & mask;
            }
            slots[slot] = block;
            hashOfBlock[block] = hash;
            published[block] = true;
        }

        /** Forgets the block if it was added. */
        void remove(int block) {
            if (!published[block]) {
                return;
            }
            published[block] = false;
            int hole = home(hashOfBlock[block]);
            while (slots[hole] != block) {
                hole = (hole + 1) & mask;
            }
            // Close the gap, so that no later entry of the same run becomes unreachable.
            for (int slot = (hole + 1) & mask; slots[slot] != EMPTY; slot = (slot + 1) & mask) {
                int distanceFromHome = (slot - home(hashOfBlock[slots[slot]])) & mask;
                if (distanceFromHome >= ((slot - hole) & mask)) {
                    slots[hole] = slots[slot];
                    hole = slot;
                }
            }
            slots[hole] = EMPTY;
        }

        /** Fibonacci hashing: callers may use small consecutive numbers as hashes. */
        private int home(long hash) {
            return (int) ((hash * 0x9E3779B97F4A7C15L) >>> shift);
        }
    }
}
