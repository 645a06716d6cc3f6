package dev.warmlane.core.prefix;

import dev.warmlane.core.prefix.PromptBlocks.HashBits;

/**
 * A map from block hashes to the set of endpoints that hold the block, a bit for each endpoint's slot. Not thread-safe by
 * itself, but a reader that races with a writer reads nonsense at worst and always returns: {@link BlockHolders} finds out
 * and reads again.
 *
 * <p>Implementation notes: linear probing, at most three quarters full, without tombstones. The hash and its bits lie side by
 * side, so a look-up usually costs one cache line. A hash without holders is removed at once.
 * <pre>
 *   words = 2:  [ hash | slots 0..63 | slots 64..127 ][ hash | slots 0..63 | ... ]
 * </pre>
 */
final class HolderTable {
    private static final long ZERO_HASH = 0x5851F42D4C957F2DL;

    /** Replaced as a whole when it grows, so that a racing reader never combines an old size with a new array. */
    private static final class Cells {
        private final long[] longs;
        private final int words;
        private final int stride;
        private final int mask;

        Cells(int capacity, int words) {
            this.words = words;
            this.stride = 1 + words;
            this.mask = capacity - 1;
            this.longs = new long[capacity * stride];
        }

        /** Where the hash's cell starts, or the empty cell where it would be. */
        int find(long hash) {
            int cell = home(hash);
            for (int probes = 0; probes < mask; probes++) {
                long found = longs[cell * stride];
                if (found == hash || found == 0) {
                    break;
                }
                cell = (cell + 1) & mask;
            }
            return cell * stride;
        }

        /** The slots from 64 * word on that hold the block whose cell starts here. */
        long holders(int at, int word) {
            return word < words ? longs[at + 1 + word] : 0;
        }

        int home(long hash) {
            return HashBits.low(hash) & mask;
        }
    }

    private Cells cells = new Cells(16, 1);
    private int size;

    long memoryBytes() {
        return (long) Long.BYTES * cells.longs.length;
    }

    /** Whether all of these slots hold the block, and at least one does. */
    boolean isHeldByAll(long hash, long[] slots) {
        Cells current = cells;
        long key = key(hash);
        int at = current.find(key);
        if (current.longs[at] != key) {
            return false;
        }
        for (int word = 0; word < slots.length; word++) {
            if ((slots[word] & ~current.holders(at, word)) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Sets {@code holders} to those of the {@code slots} that hold the block. Both have the same length. */
    void read(long hash, long[] slots, long[] holders) {
        Cells current = cells;
        long key = key(hash);
        int at = current.find(key);
        boolean known = current.longs[at] == key;
        for (int word = 0; word < slots.length; word++) {
            holders[word] = known ? slots[word] & current.holders(at, word) : 0;
        }
    }

    void add(long hash, int slot) {
        int word = slot / Long.SIZE;
        if (word >= cells.words) {
            rebuild(cells.mask + 1, word + 1);
        }
        int at = cells.find(key(hash));
        if (cells.longs[at] == 0) {
            if (4L * (size + 1) > 3L * (cells.mask + 1)) {
                rebuild(2 * (cells.mask + 1), cells.words);
                at = cells.find(key(hash));
            }
            cells.longs[at] = key(hash);
            size++;
        }
        cells.longs[at + 1 + word] |= 1L << slot;
    }

    void remove(long hash, int slot) {
        int at = cells.find(key(hash));
        int word = slot / Long.SIZE;
        if (cells.longs[at] == 0 || word >= cells.words) {
            return;
        }
        cells.longs[at + 1 + word] &= ~(1L << slot);
        long left = 0;
        for (int i = 0; i < cells.words; i++) {
            left |= cells.longs[at + 1 + i];
        }
        if (left == 0) {
            closeGap(at / cells.stride);
            size--;
        }
    }

    private void closeGap(int removed) {
        long[] longs = cells.longs;
        int stride = cells.stride;
        int mask = cells.mask;
        int gap = removed;
        for (int cell = (gap + 1) & mask; longs[cell * stride] != 0; cell = (cell + 1) & mask) {
            int home = cells.home(longs[cell * stride]);
            if (((cell - home) & mask) >= ((cell - gap) & mask)) {
                System.arraycopy(longs, cell * stride, longs, gap * stride, stride);
                gap = cell;
            }
        }
        for (int i = 0; i < stride; i++) {
            longs[gap * stride + i] = 0;
        }
    }

    private void rebuild(int capacity, int words) {
        Cells before = cells;
        Cells after = new Cells(capacity, words);
        for (int from = 0; from < before.longs.length; from += before.stride) {
            if (before.longs[from] != 0) {
                System.arraycopy(before.longs, from, after.longs, after.find(before.longs[from]), before.stride);
            }
        }
        cells = after;
    }

    /** Zero marks an empty cell. */
    private static long key(long hash) {
        return hash == 0 ? ZERO_HASH : hash;
    }
}
