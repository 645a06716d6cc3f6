package dev.warmlane.core.prefix;

import dev.warmlane.core.prefix.PromptBlocks.HashBits;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A set of block hashes in the order of their last use. Every operation takes constant time. Not thread-safe.
 *
 * <p>Implementation notes: a linked list inside arrays, found through a table with linear probing that is at most two thirds
 * full: 26 to 32 bytes a block when the arrays are, and no object a block. Entries that follow a removed one move back, so the
 * table needs no tombstones and does not slow down as it turns over.
 * <pre>
 *   table   [ 0 | 2 | 0 | 0 | 1 | ... ]     place + 1 by hash, 0 is empty
 *   hashes  [ 7f31.. | 09c2.. ]             by place
 *   older   [   1    |   -1   ]             7f31 is the newest, 09c2 the oldest
 *   newer   [  -1    |    0   ]
 *   usedAt  [ 17 | 12 ]                     when each was last used
 *   parents [ 09c2.. |    0   ]             the block before it in its chain, where blocks are linked
 * </pre>
 */
final class LruBlocks {
    private static final int NONE = -1;

    private int[] table = new int[16];
    private long[] hashes = new long[10];
    private int[] newer = new int[10];
    private int[] older = new int[10];
    private int[] usedAt = new int[10];
    private long @Nullable [] parents;
    private int used;
    private int free = NONE;
    private int newest = NONE;
    private int oldest = NONE;
    private int size;
    private int now;

    /** @param linked whether each block remembers the one before it in its chain, for 8 bytes more */
    LruBlocks(boolean linked) {
        this.parents = linked ? new long[hashes.length] : null;
    }

    int size() {
        return size;
    }

    /** What the clock says from now on, in whole units of the caller's. */
    void time(int nowUnits) {
        now = nowUnits;
    }

    /** When the oldest block was last used; now if there is none. */
    int oldestUse() {
        return oldest == NONE ? now : usedAt[oldest];
    }

    long memoryBytes() {
        long perBlock = Long.BYTES + 3L * Integer.BYTES + (parents == null ? 0 : Long.BYTES);
        return (long) Integer.BYTES * table.length + perBlock * hashes.length;
    }

    boolean contains(long hash) {
        return table[find(hash)] != 0;
    }

    /** The block before this one in its chain; 0 if it is the first, is not in the set, or blocks are not linked. */
    long parent(long hash) {
        int place = table[find(hash)] - 1;
        return parents == null || place == NONE ? 0 : parents[place];
    }

    /** The hashes of all blocks, the oldest first. */
    long[] oldestFirst() {
        long[] all = new long[size];
        int i = 0;
        for (int place = oldest; place != NONE; place = newer[place]) {
            all[i++] = hashes[place];
        }
        return all;
    }

    /** Makes the block the newest; false if it is not in the set. */
    boolean touch(long hash) {
        int place = table[find(hash)] - 1;
        if (place == NONE) {
            return false;
        }
        touchAt(place);
        return true;
    }

    /** Makes the block the newest, and adds it if it is not in the set; whether it was. */
    boolean use(long hash, long parent) {
        int at = find(hash);
        if (table[at] != 0) {
            touchAt(table[at] - 1);
            return true;
        }
        int[] searched = table;
        int place = takePlace();
        hashes[place] = hash;
        if (parents != null) {
            parents[place] = parent;
        }
        linkNewest(place);
        usedAt[place] = now;
        table[table == searched ? at : find(hash)] = place + 1;
        size++;
        return false;
    }

    private void touchAt(int place) {
        if (place != newest) {
            unlink(place);
            linkNewest(place);
        }
        usedAt[place] = now;
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
            usedAt = Arrays.copyOf(usedAt, length);
            parents = parents == null ? null : Arrays.copyOf(parents, length);
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
