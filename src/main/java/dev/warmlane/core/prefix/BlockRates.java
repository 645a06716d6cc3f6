package dev.warmlane.core.prefix;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How often blocks come by different users, as rates that forget with a time constant of {@value #DECAY_SECONDS} s. Safe for
 * concurrent use; takes no lock, and of two threads that note the same block at once one may be lost.
 *
 * <p>Implementation notes: a table of fixed size, 2^{@value #SET_BITS} sets of {@value #WAYS} cells of two longs, 1 MB. A block
 * that finds its set full takes the cell of the one that comes least often.
 * <pre>
 *   [ hash | user 16 bits, decayed count 24 (the upper ones of a float), last use 24 (quarters of a second, modulo 48 days) ]
 * </pre>
 */
final class BlockRates {
    private static final double DECAY_SECONDS = 120;
    private static final int SET_BITS = 14;
    private static final int WAYS = 4;

    /** Of {@link #count} and the time of its last use. */
    private static final int FIELD_BITS = 24;

    private static final int FIELD_MASK = (1 << FIELD_BITS) - 1;
    private static final int FLOAT_BITS_LEFT_OUT = 8;
    private static final double TICKS_PER_SECOND = 4;

    /** A millisecond clock's ticks. */
    private static final int TICK_MILLIS = 250;

    private final AtomicLongArray cells = new AtomicLongArray((2 * WAYS) << SET_BITS);

    /** Somebody uses the block now. Who did so last does not count again. */
    void note(long hash, long user, long nowMillis) {
        int set = set(hash);
        int least = set;
        double leastCount = Double.POSITIVE_INFINITY;
        for (int at = set; at < set + 2 * WAYS; at += 2) {
            long cell = cells.getOpaque(at + 1);
            double count = count(cell, nowMillis);
            if (cells.getOpaque(at) == hash) {
                boolean again = (short) (cell >>> (2 * FIELD_BITS)) == shortened(user);
                cells.setOpaque(at + 1, packed(again ? count : count + 1, user, nowMillis));
                return;
            }
            if (count < leastCount) {
                least = at;
                leastCount = count;
            }
        }
        cells.setOpaque(least, hash);
        cells.setOpaque(least + 1, packed(1, user, nowMillis));
    }

    /** Uses a second; 0 for a block that was not noted, or long ago. */
    double perSecond(long hash, long nowMillis) {
        int set = set(hash);
        for (int at = set; at < set + 2 * WAYS; at += 2) {
            if (cells.getOpaque(at) == hash) {
                return count(cells.getOpaque(at + 1), nowMillis) / DECAY_SECONDS;
            }
        }
        return 0;
    }

    private static int set(long hash) {
        return 2 * WAYS * HashBits.high(hash, SET_BITS);
    }

    private static short shortened(long user) {
        return (short) HashBits.high(user, Short.SIZE);
    }

    private static long packed(double count, long user, long millis) {
        int bits = Float.floatToRawIntBits((float) count) >>> FLOAT_BITS_LEFT_OUT;
        return (long) shortened(user) << (2 * FIELD_BITS)
                | (long) bits << FIELD_BITS
                | (millis / TICK_MILLIS & FIELD_MASK);
    }

    private static double count(long cell, long nowMillis) {
        int bits = (int) (cell >>> FIELD_BITS) & FIELD_MASK;
        long ticks = (nowMillis / TICK_MILLIS - cell) & FIELD_MASK;
        return bits == 0
                ? 0
                : Float.intBitsToFloat(bits << FLOAT_BITS_LEFT_OUT)
                        * Math.exp(-ticks / (TICKS_PER_SECOND * DECAY_SECONDS));
    }
}
