package dev.warmlane.core.prefix;

import java.util.concurrent.locks.StampedLock;

/**
 * Which endpoints hold which blocks, for all endpoints of an index. Safe for use by several threads.
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

    /** Whether any endpoint holds the block. */
    boolean isHeld(long hash) {
        return isHeldByAll(hash, NOBODY);
    }

    /** Whether all of these slots hold the block, and at least one does. */
    boolean isHeldByAll(long hash, long[] slots) {
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
    void read(long hash, long[] slots, long[] holders) {
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
