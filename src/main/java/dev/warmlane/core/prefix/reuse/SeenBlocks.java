package dev.warmlane.core.prefix.reuse;

import dev.warmlane.core.prefix.reuse.SampledLru.Samples;

/**
 * Remembers which blocks have ever been used, for a sample of them: the share that fits into 128 kB, which shrinks as blocks become
 * more. Not thread-safe.
 */
final class SeenBlocks {
    private static final int BITS = 14;
    private static final int MASK = (1 << BITS) - 1;
    private static final int MOST = 3 << (BITS - 2);

    private long[] cells = new long[1 << BITS];
    private int size;
    private long threshold = Samples.ALL;

    boolean samples(long hash) {
        return Samples.key(hash) < threshold;
    }

    /** The share of all blocks that is looked at, in (0, 1]. */
    double rate() {
        return (double) threshold / Samples.ALL;
    }

    boolean contains(long hash) {
        return cells[find(hash)] == hash;
    }

    void add(long hash) {
        int cell = find(hash);
        if (cells[cell] == hash) {
            return;
        }
        cells[cell] = hash;
        if (++size > MOST) {
            threshold = Math.max(1, threshold / 2);
            long[] all = cells;
            cells = new long[1 << BITS];
            size = 0;
            for (long kept : all) {
                if (kept != 0 && samples(kept)) {
                    cells[find(kept)] = kept;
                    size++;
                }
            }
        }
    }

    private int find(long hash) {
        int cell = Samples.cell(hash, MASK);
        while (cells[cell] != 0 && cells[cell] != hash) {
            cell = (cell + 1) & MASK;
        }
        return cell;
    }
}
