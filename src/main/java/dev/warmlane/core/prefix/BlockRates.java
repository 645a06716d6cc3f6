package dev.warmlane.core.prefix;

import dev.warmlane.core.prefix.PredictedContents.BlockUses;
import dev.warmlane.core.prefix.PromptBlocks.HashBits;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How often different users send a block, as rates that forget with a time constant of {@value #DECAY_SECONDS} s. Measured over that
 * time, a new block seems to come less often than it does; if it has come too often for chance, its rate is at least the lower bound of
 * what its uses tell since the first one, so that a burst shows while it lasts:
 * <pre>
 *   max(n, (m - 1.5 sqrt(m)) / (1 - exp(-(age + 15) / 120))) / 120
 *   n = uses, decayed    m = min(n, 1 + 32 age): what comes at one moment tells no rate
 * </pre>
 * Of a prompt a few leading blocks are looked at, at distances that grow. Safe for concurrent use; takes no lock, and of two threads
 * that note the same block at once one may be lost.
 *
 * <p>Implementation notes: a table of fixed size, 2^{@value #SET_BITS} sets of {@value #WAYS} cells of two longs and an int, 1.3 MB. A
 * block that finds its set full takes the cell of the one that comes least often.
 * <pre>
 *   [ hash | user 16 bits, decayed count 24 (the upper ones of a float), last use 24 (quarters of a second, modulo 48 days) | first use 32 ]
 * </pre>
 */
final class BlockRates {
    private static final double DECAY_SECONDS = 120;

    /** Some uses at once are no rate: a new block counts as known for so long already. */
    private static final double PRIOR_SECONDS = 15;

    /**
     * Standard deviations of a Poisson count that the lower bound lies below it. With 1, groups of prompts that come now and then count as
     * bursts, and hits are lost; with 2, bursts are seen later.
     */
    private static final double DEVIATIONS = 1.5;

    /** More than so many uses a second of a block's age are as many as that. */
    private static final double MOST_PER_SECOND = 32;

    /** A block whose decayed count fell below this is a new one when it comes again. */
    private static final double FORGOTTEN_COUNT = 0.1;

    private static final int SET_BITS = 14;
    private static final int WAYS = 4;

    /** Of {@link #count} and the time of its last use. */
    private static final int FIELD_BITS = 24;

    private static final int FIELD_MASK = (1 << FIELD_BITS) - 1;
    private static final int FLOAT_BITS_LEFT_OUT = 8;
    private static final double TICKS_PER_SECOND = 4;

    /** A millisecond clock's ticks. */
    private static final int TICK_MILLIS = 250;

    /** Stand among the blocks for every prompt that this process placed, and for those of its replicas too. */
    private static final long OWN_USES = 0x6F776E5F75736573L;

    private static final long ALL_USES = 0x616C6C5F75736573L;

    private final AtomicLongArray cells = new AtomicLongArray((2 * WAYS) << SET_BITS);

    /** When each cell's block came first, in quarters of a second. */
    private final AtomicIntegerArray firstTicks = new AtomicIntegerArray(WAYS << SET_BITS);

    /**
     * Counts a use of a prompt by this process: of its blocks up to the last one that some endpoint holds. From there on the prompt goes
     * on alone, and says nothing new behind it.
     *
     * @param order another one for each prompt
     */
    void used(PromptBlocks prompt, long user, BlockHolders holders, long order, long nowMillis) {
        note(OWN_USES, order, nowMillis);
        usedElsewhere(order, nowMillis);
        int held = 0;
        int end = nextEnd(0);
        while (end <= prompt.length() && holders.isHeld(prompt.hash(end - 1))) {
            note(prompt.hash(end - 1), user, nowMillis);
            held = end;
            end = nextEnd(end);
        }
        int last = held;
        int beyond = Math.min(end, prompt.length() + 1);
        while (beyond - last > 1) {
            int middle = (last + beyond) / 2;
            if (holders.isHeld(prompt.hash(middle - 1))) {
                last = middle;
            } else {
                beyond = middle;
            }
        }
        if (last > held) {
            note(prompt.hash(last - 1), user, nowMillis);
        }
    }

    /** Counts a prompt that another replica placed. */
    void usedElsewhere(long order, long nowMillis) {
        note(ALL_USES, order, nowMillis);
    }

    /** As {@link PredictedContents#uses}. */
    BlockUses uses(PromptBlocks prompt, int from, int held, double leastPerSecond, long nowMillis) {
        double replicas = replicas(nowMillis);
        BlockUses uses = null;
        int end = 0;
        while (end < held) {
            int next = nextEnd(end);
            end = next > held ? held : next;
            if (end > from) {
                double perSecond = replicas * perSecond(prompt.hash(end - 1), nowMillis);
                if (perSecond < leastPerSecond) {
                    break;
                }
                uses = uses == null ? new BlockUses(8) : uses;
                uses.add(end, perSecond);
            }
        }
        return uses == null ? BlockUses.NONE : uses;
    }

    /** How many leading blocks to look at after so many: each of the first eight, then four to the octave. */
    private static int nextEnd(int end) {
        return end + Math.max(1, Integer.highestOneBit(end) / 4);
    }

    /** All uses over those that came by this process, at least 1: other replicas see as much of a block as of everything. */
    private double replicas(long millis) {
        double own = perSecond(OWN_USES, millis);
        return own == 0 ? 1 : Math.max(1, perSecond(ALL_USES, millis) / own);
    }

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
                if (count < FORGOTTEN_COUNT) {
                    firstTicks.setOpaque(at / 2, ticks(nowMillis));
                }
                cells.setOpaque(at + 1, packed(again ? count : count + 1, user, nowMillis));
                return;
            }
            if (count < leastCount) {
                least = at;
                leastCount = count;
            }
        }
        firstTicks.setOpaque(least / 2, ticks(nowMillis));
        cells.setOpaque(least, hash);
        cells.setOpaque(least + 1, packed(1, user, nowMillis));
    }

    /** Uses a second; 0 for a block that was not noted, or long ago. */
    double perSecond(long hash, long nowMillis) {
        int set = set(hash);
        for (int at = set; at < set + 2 * WAYS; at += 2) {
            if (cells.getOpaque(at) == hash) {
                double age = (ticks(nowMillis) - firstTicks.getOpaque(at / 2)) / TICKS_PER_SECOND;
                double seen = 1 - Math.exp(-(age + PRIOR_SECONDS) / DECAY_SECONDS);
                double count = count(cells.getOpaque(at + 1), nowMillis);
                double told = Math.min(count, 1 + MOST_PER_SECOND * age);
                return Math.max(count, (told - DEVIATIONS * Math.sqrt(told)) / seen) / DECAY_SECONDS;
            }
        }
        return 0;
    }

    private static int ticks(long millis) {
        return (int) (millis / TICK_MILLIS);
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
