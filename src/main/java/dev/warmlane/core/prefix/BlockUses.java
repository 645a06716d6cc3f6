package dev.warmlane.core.prefix;

import java.util.Arrays;

/**
 * How often parts of one prompt come, from whomever: a number of stretches of leading blocks, one behind the other, each with
 * its uses a second. Behind them nothing comes often. Immutable.
 */
public final class BlockUses {
    /** Nothing is known to come often. */
    public static final BlockUses NONE = new BlockUses(0);

    private int[] ends;
    private double[] perSecond;
    private int size;

    BlockUses(int capacity) {
        this.ends = new int[capacity];
        this.perSecond = new double[capacity];
    }

    /** While it is made. */
    void add(int end, double usesPerSecond) {
        if (size == ends.length) {
            ends = Arrays.copyOf(ends, 2 * size);
            perSecond = Arrays.copyOf(perSecond, 2 * size);
        }
        ends[size] = end;
        perSecond[size++] = usesPerSecond;
    }

    /** How many stretches there are. */
    public int size() {
        return size;
    }

    /** The block behind the last one of a stretch; the next stretch begins there. */
    public int end(int stretch) {
        return ends[stretch];
    }

    /** How often the stretch comes as a whole; falls from one to the next. */
    public double perSecond(int stretch) {
        return perSecond[stretch];
    }
}
