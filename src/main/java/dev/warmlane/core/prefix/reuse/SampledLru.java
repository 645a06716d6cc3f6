package dev.warmlane.core.prefix.reuse;

import java.util.Arrays;
import java.util.function.BiConsumer;

/**
 * An LRU stack of the blocks ({@link Samples}) whose key falls under a threshold, and how deep each of them lies. As in SHARDS
 * (Waldspurger et al., FAST 15), a block is either always looked at or never: distances among sampled blocks, divided by their
 * share, estimate distances among all. The threshold falls as blocks become too many. Not thread-safe.
 *
 * <p>Implementation notes: every use of a block takes the next of {@link #POSITIONS} positions, a Fenwick tree counts those
 * that are still somebody's last, and when all are taken the living ones move together. 0.65 MB.
 */
final class SampledLru {
    /** Of sampled blocks; SHARDS has errors of some thousandths from 8,000 on, where blocks come one by one;
     * here those of a prompt come together. */
    static final int MOST_BLOCKS = 1 << 14;

    private static final int POSITIONS = 2 * MOST_BLOCKS;
    private static final int TABLE_BITS = 15;
    private static final int TABLE_MASK = (1 << TABLE_BITS) - 1;
    private static final double LOWER = 0.75;

    /** By position; 0: nobody's last use. */
    private final long[] hashes = new long[POSITIONS + 1];

    private final int[] endpoints = new int[POSITIONS + 1];
    private final int[] tree = new int[POSITIONS + 1];
    /** Positions by hash, open addressing; 0: empty. */
    private final int[] table = new int[1 << TABLE_BITS];

    private final Moved moved;
    private int top;
    private int size;
    private long threshold = Samples.ALL;

    /** Is called when positions change; whoever keeps some must follow. */
    interface Moved {
        /** @param newPositions by old position: that of the last block at or under it */
        void to(int[] newPositions);
    }

    SampledLru(Moved moved) {
        this.moved = moved;
    }

    /** Whether the block counts. */
    boolean samples(long hash) {
        return Samples.key(hash) < threshold;
    }

    /** The share of all blocks that counts, in (0, 1]. */
    double rate() {
        return (double) threshold / Samples.ALL;
    }

    /** {@link Samples#key Keys} under it are sampled. */
    long threshold() {
        return threshold;
    }

    /** From now on fewer blocks are sampled, and those that are left out are forgotten. */
    void lower() {
        threshold = Math.max(1, (long) (threshold * LOWER));
        moveTogether();
    }

    /** At most those under this threshold are sampled from now on. */
    void lowerTo(long most) {
        if (threshold > most) {
            threshold = most;
            moveTogether();
        }
    }

    /** The position of the last use of a block; 0 if it has none. */
    int position(long hash) {
        return table[find(hash)];
    }

    /** Where the block was used last; 0 if it was not. */
    int endpoint(long hash) {
        return endpoints[position(hash)];
    }

    /** The position of the last use of any block. */
    int top() {
        return top;
    }

    /** Sampled blocks, from the one that was used last, at most so many, and where each was used last. */
    void latest(double most, BiConsumer<Long, Integer> visitor) {
        double left = most;
        for (int position = top; position > 0 && left >= 1; position--) {
            if (hashes[position] != 0) {
                visitor.accept(hashes[position], endpoints[position]);
                left--;
            }
        }
    }

    /** Different sampled blocks used after this position. */
    int blocksAbove(int position) {
        int under = 0;
        for (int i = position; i > 0; i &= i - 1) {
            under += tree[i];
        }
        return size - under;
    }

    /** A sampled block is used, at an endpoint. */
    void use(long hash, int endpoint) {
        remove(hash);
        if (size == MOST_BLOCKS) {
            lower();
            if (!samples(hash)) {
                return;
            }
        } else if (top == POSITIONS) {
            moveTogether();
        }
        hashes[++top] = hash;
        endpoints[top] = endpoint;
        table[find(hash)] = top;
        add(top, 1);
        size++;
    }

    /** The block is no longer there, if it was. */
    void remove(long hash) {
        int cell = find(hash);
        int position = table[cell];
        if (position != 0) {
            hashes[position] = 0;
            add(position, -1);
            size--;
            empty(cell);
        }
    }

    /** Forgets the blocks that were not used for the longest time. */
    void keep(double blocks) {
        while (size > blocks) {
            remove(hashes[oldest()]);
        }
    }

    private int oldest() {
        int position = 0;
        for (int step = Integer.highestOneBit(POSITIONS); step > 0; step >>= 1) {
            if (position + step <= POSITIONS && tree[position + step] == 0) {
                position += step;
            }
        }
        return position + 1;
    }

    /** Leaves out those that are no longer sampled. */
    private void moveTogether() {
        int kept = 0;
        for (int position = 1; position <= top; position++) {
            long hash = hashes[position];
            hashes[position] = 0;
            if (hash != 0 && samples(hash)) {
                hashes[++kept] = hash;
                endpoints[kept] = endpoints[position];
            }
            tree[position] = kept;
        }
        moved.to(tree);
        top = kept;
        size = kept;
        Arrays.fill(table, 0);
        for (int position = 1; position <= POSITIONS; position++) {
            int from = position - (position & -position);
            tree[position] = Math.max(0, Math.min(position, kept) - from);
            if (position <= kept) {
                table[find(hashes[position])] = position;
            }
        }
    }

    private void add(int position, int count) {
        for (int i = position; i <= POSITIONS; i += i & -i) {
            tree[i] += count;
        }
    }

    /** The cell of the block, or the one where it would go. */
    private int find(long hash) {
        int cell = home(hash);
        while (table[cell] != 0 && hashes[table[cell]] != hash) {
            cell = (cell + 1) & TABLE_MASK;
        }
        return cell;
    }

    private void empty(int cell) {
        int hole = cell;
        table[hole] = 0;
        for (int next = (hole + 1) & TABLE_MASK; table[next] != 0; next = (next + 1) & TABLE_MASK) {
            int home = home(hashes[table[next]]);
            // It may move up unless its own cell lies behind the hole.
            if (((next - home) & TABLE_MASK) >= ((next - hole) & TABLE_MASK)) {
                table[hole] = table[next];
                table[next] = 0;
                hole = next;
            }
        }
    }

    private static int home(long hash) {
        return Samples.cell(hash, TABLE_MASK);
    }

    /** Chooses a sample of all blocks by their hashes, always the same ones. */
    static final class Samples {
        /** No key is as high. */
        static final long ALL = 1L << 31;

        private static final long ENDPOINT = 0xFFFF;

        private Samples() {}

        /** A block as it is sampled: spread, since a trace may number its blocks 1, 2, 3; its lowest bits are free. Never 0. */
        static long block(long hash) {
            return ((hash * 0xC4CEB9FE1A85EC53L) & ~ENDPOINT) | 1;
        }

        /** Whether this is what {@link #block} makes. */
        static boolean isBlock(long block) {
            return (block & ENDPOINT) == 1;
        }

        /** The block as one endpoint has it, in the sample if the block is. */
        static long at(int endpoint, long block) {
            int spread = endpoint * 0x9E3779B9;
            return (block & ~ENDPOINT) | Math.max(2, spread >>> 16);
        }

        /** The block at whatever endpoint it is, in the sample if the block is. */
        static long anywhere(long block) {
            return (block & ~ENDPOINT) | 1;
        }

        /** Of a block, in [0, {@link #ALL}): those whose keys are the smallest are the sample. */
        static int key(long block) {
            return (int) (block >>> 33);
        }

        /** Spreads blocks over a table that has a power of two of cells, at most 2^20. */
        static int cell(long block, int mask) {
            return (int) ((block * 0x9E3779B97F4A7C15L) >>> 44) & mask;
        }
    }
}
