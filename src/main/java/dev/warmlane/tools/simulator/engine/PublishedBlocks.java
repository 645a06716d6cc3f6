package dev.warmlane.tools.simulator.engine;

import java.util.Arrays;

/**
 * Finds a block by the hash of its content: a hash table of block numbers with linear probing, which allocates nothing after
 * construction. Two blocks with equal content are both kept, as vLLM does, and {@link #find} gives the
 * one that was added first: linear probing without tombstones keeps equal keys in order.
 */
final class PublishedBlocks {
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
