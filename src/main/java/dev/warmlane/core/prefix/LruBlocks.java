package dev.warmlane.core.prefix;

import java.util.Arrays;

/**
 * A set of block hashes in the order of their last use. Every operation takes constant time. Not thread-safe.
 *
 * <p>Implementation notes: a linked list inside arrays, found through a table with linear probing that is at most two thirds
 * full: 22 to 28 bytes a block when the arrays are, and no object a block. Entries that follow a removed one move back, so the
 * table needs no tombstones and does not slow down as it turns over.
 * <pre>
 *   table   [ 0 | 2 | 0 | 0 | 1 | ... ]     place + 1 by hash, 0 is empty
 *   hashes  [ 7f31.. | 09c2.. ]             by place
 *   older   [   1    |   -1   ]             7f31 is the newest, 09c2 the oldest
 *   newer   [  -1    |    0   ]
 * </pre>
 */
final class LruBlocks {
    private static final int NONE = -1;

    private int[] table = new int[16];
    private long[] hashes = new long[10];
    private int[] newer = new int[10];
    private int[] older = new int[10];
    private int used;
    private int free = NONE;
    private int newest = NONE;
    private int oldest = NONE;
    private int size;

    int size() {
        return size;
    }

    long memoryBytes() {
        return (long) Integer.BYTES * table.length + (long) (Long.BYTES + 2 * Integer.BYTES) * hashes.length;
    }

    /** Makes the block the newest; false if it is not in the set. */
    boolean touch(long hash) {
        int place = table[find(hash)] - 1;
        if (place == NONE) {
            return false;
        }
        if (place != newest) {
            unlink(place);
            linkNewest(place);
        }
        return true;
    }

    /** Adds a block that is not in the set, as the newest. */
    void add(long hash) {
        int place = takePlace();
        hashes[place] = hash;
        linkNewest(place);
        table[find(hash)] = place + 1;
        size++;
    }

    /** Removes a block; false if it is not in the set. */
    boolean remove(long hash) {
        int at = find(hash);
        int place = table[at] - 1;
        if (place == NONE) {
            return false;
        }
        closeGap(at);
        unlink(place);
        older[place] = free;
        free = place;
        size--;
        return true;
    }

    /** Removes the block that was not used for the longest time and returns its hash; the set must not be empty. */
    long removeOldest() {
        long hash = hashes[oldest];
        remove(hash);
        return hash;
    }

    private int takePlace() {
        if (free != NONE) {
            int place = free;
            free = older[place];
            return place;
        }
        if (used == hashes.length) {
            int length = used + used / 2;
            hashes = Arrays.copyOf(hashes, length);
            newer = Arrays.copyOf(newer, length);
            older = Arrays.copyOf(older, length);
            if (3L * length > 2L * table.length) {
                growTable();
            }
        }
        return used++;
    }

    private void growTable() {
        table = new int[2 * table.length];
        for (int place = newest; place != NONE; place = older[place]) {
            table[find(hashes[place])] = place + 1;
        }
    }

    private void unlink(int place) {
        if (place == newest) {
            newest = older[place];
        } else {
            older[newer[place]] = older[place];
        }
        if (place == oldest) {
            oldest = newer[place];
        } else {
            newer[older[place]] = newer[place];
        }
    }

    private void linkNewest(int place) {
        newer[place] = NONE;
        older[place] = newest;
        if (newest == NONE) {
            oldest = place;
        } else {
            newer[newest] = place;
        }
        newest = place;
    }

    /** Where the hash is in the table, or the empty place where it would be. */
    private int find(long hash) {
        int mask = table.length - 1;
        int at = home(hash);
        while (table[at] != 0 && hashes[table[at] - 1] != hash) {
            at = (at + 1) & mask;
        }
        return at;
    }

    private void closeGap(int removed) {
        int mask = table.length - 1;
        int gap = removed;
        for (int at = (gap + 1) & mask; table[at] != 0; at = (at + 1) & mask) {
            int home = home(hashes[table[at] - 1]);
            if (((at - home) & mask) >= ((at - gap) & mask)) {
                table[gap] = table[at];
                gap = at;
            }
        }
        table[gap] = 0;
    }

    private int home(long hash) {
        return HashBits.low(hash) & (table.length - 1);
    }
}
