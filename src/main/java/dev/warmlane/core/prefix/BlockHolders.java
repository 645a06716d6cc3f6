package dev.warmlane.core.prefix;

import dev.warmlane.core.prefix.PromptBlocks.HashBits;
import java.util.concurrent.locks.StampedLock;

/**
 * Which endpoints hold which blocks, for all endpoints of an index, each of which has a slot. A prompt is looked up for all of them in
 * one walk of its chain of blocks: the walk carries the set of endpoints that held every block so far and ends when none is left.
 * <pre>
 *   prompt      b0       b1       b2       b3                    slots: pod-a 0, pod-b 1, pod-c 2
 *   holders     {0,1,2}  {0,1}    {0}      {0,2}
 *   still in    {0,1,2}  {0,1}    {0}      {0}                   matched: pod-a 4, pod-b 2, pod-c 1
 * </pre>
 * Safe for use by several threads. A match that runs beside an insertion sees some of its blocks.
 *
 * <p>Implementation notes: {@value #STRIPES} tables, each with its own lock, chosen by the hash. A reader takes no lock: it
 * reads, then asks whether a writer came between, which for one look-up in one of {@value #STRIPES} stripes is rare; then it
 * reads again under the lock. Writers hold a stripe for one update of one block.
 */
final class BlockHolders {
    private static final int STRIPE_BITS = 6;
    private static final int STRIPES = 1 << STRIPE_BITS;

    private static final long[] NOBODY = {};

    private final HolderTable[] tables = new HolderTable[STRIPES];
    private final StampedLock[] locks = new StampedLock[STRIPES];

    BlockHolders() {
        for (int stripe = 0; stripe < STRIPES; stripe++) {
            tables[stripe] = new HolderTable();
            locks[stripe] = new StampedLock();
        }
    }

    /**
     * How many leading blocks of the prompt each slot holds.
     *
     * @param slots negative ones hold nothing
     */
    int[] match(PromptBlocks prompt, int[] slots) {
        int words = words(slots);
        long[] stillIn = new long[words];
        for (int slot : slots) {
            if (slot >= 0) {
                stillIn[slot / Long.SIZE] |= 1L << slot;
            }
        }
        int[] matchedBySlot = walk(prompt, stillIn);
        int[] matched = new int[slots.length];
        for (int i = 0; i < slots.length; i++) {
            matched[i] = slots[i] < 0 ? 0 : matchedBySlot[slots[i]];
        }
        return matched;
    }

    private int[] walk(PromptBlocks prompt, long[] stillIn) {
        int[] matchedBySlot = new int[stillIn.length * Long.SIZE];
        long[] held = new long[stillIn.length];
        boolean any = stillIn.length > 0;
        int block = 0;
        while (any && block < prompt.length()) {
            // Sets change at few of a chain's blocks, so the question whether this one does comes first.
            if (!isHeldByAll(prompt.hash(block), stillIn)) {
                read(prompt.hash(block), stillIn, held);
                any = false;
                for (int word = 0; word < stillIn.length; word++) {
                    note(matchedBySlot, word, stillIn[word] & ~held[word], block);
                    stillIn[word] = held[word];
                    any |= held[word] != 0;
                }
            }
            block++;
        }
        for (int word = 0; word < stillIn.length; word++) {
            note(matchedBySlot, word, stillIn[word], block);
        }
        return matchedBySlot;
    }

    private static void note(int[] matchedBySlot, int word, long slots, int matched) {
        for (long left = slots; left != 0; left &= left - 1) {
            matchedBySlot[word * Long.SIZE + Long.numberOfTrailingZeros(left)] = matched;
        }
    }

    private static int words(int[] slots) {
        int highest = -1;
        for (int slot : slots) {
            highest = Math.max(highest, slot);
        }
        return (highest + Long.SIZE) / Long.SIZE;
    }

    /** Whether any endpoint holds the block. */
    boolean isHeld(long hash) {
        return isHeldByAll(hash, NOBODY);
    }

    /** Whether all of these slots hold the block, and at least one does. */
    private boolean isHeldByAll(long hash, long[] slots) {
        int stripe = stripe(hash);
        StampedLock lock = locks[stripe];
        long stamp = lock.tryOptimisticRead();
        if (stamp != 0) {
            boolean held = tables[stripe].isHeldByAll(hash, slots);
            if (lock.validate(stamp)) {
                return held;
            }
        }
        stamp = lock.readLock();
        try {
            return tables[stripe].isHeldByAll(hash, slots);
        } finally {
            lock.unlockRead(stamp);
        }
    }

    /** Sets {@code holders} to those of the {@code slots} that hold the block. Both have the same length. */
    private void read(long hash, long[] slots, long[] holders) {
        int stripe = stripe(hash);
        StampedLock lock = locks[stripe];
        long stamp = lock.tryOptimisticRead();
        if (stamp != 0) {
            tables[stripe].read(hash, slots, holders);
            if (lock.validate(stamp)) {
                return;
            }
        }
        stamp = lock.readLock();
        try {
            tables[stripe].read(hash, slots, holders);
        } finally {
            lock.unlockRead(stamp);
        }
    }

    void add(long hash, int slot) {
        int stripe = stripe(hash);
        long stamp = locks[stripe].writeLock();
        try {
            tables[stripe].add(hash, slot);
        } finally {
            locks[stripe].unlockWrite(stamp);
        }
    }

    void remove(long hash, int slot) {
        int stripe = stripe(hash);
        long stamp = locks[stripe].writeLock();
        try {
            tables[stripe].remove(hash, slot);
        } finally {
            locks[stripe].unlockWrite(stamp);
        }
    }

    long memoryBytes() {
        long sum = 0;
        for (int stripe = 0; stripe < STRIPES; stripe++) {
            long stamp = locks[stripe].readLock();
            try {
                sum += tables[stripe].memoryBytes();
            } finally {
                locks[stripe].unlockRead(stamp);
            }
        }
        return sum;
    }

    private static int stripe(long hash) {
        return HashBits.high(hash, STRIPE_BITS);
    }
}
