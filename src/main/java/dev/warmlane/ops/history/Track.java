package dev.warmlane.ops.history;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One subject's figures at one step, a ring of as many points as the step keeps. Not thread-safe. */
final class Track {
    private final float[][] figures;
    private double @Nullable [] stepStart;
    private long lastStep;

    /**
     * An empty track.
     *
     * @param firstStep the step it begins in
     */
    Track(int figureCount, int points, long firstStep) {
        figures = new float[figureCount][points];
        for (float[] values : figures) {
            Arrays.fill(values, Float.NaN);
        }
        lastStep = firstStep;
    }

    long lastStep() {
        return lastStep;
    }

    /** The sums at the start of the step that runs; null where nothing has been recorded since this process started. */
    double @Nullable [] stepStart() {
        return stepStart;
    }

    /**
     * Begins a step that is later than the one before; those between stay without figures. Where it is the same, because the
     * process started anew within it, what was known of it stays until more is known.
     */
    void begin(long step, double[] sums) {
        int points = figures[0].length;
        for (long skipped = Math.max(lastStep + 1, step - points); skipped < step; skipped++) {
            put(skipped, null);
        }
        if (step > lastStep) {
            put(step, null);
        }
        lastStep = step;
        stepStart = sums;
    }

    /** Makes these the figures of a step; null for none. */
    void put(long step, float @Nullable [] values) {
        for (int i = 0; i < figures.length; i++) {
            set(i, step, values == null ? Float.NaN : values[i]);
        }
    }

    /** Makes this one figure of a step. */
    void set(int figure, long step, float value) {
        figures[figure][(int) (step % figures[figure].length)] = value;
    }

    /** One figure at one step; NaN outside of what is kept. */
    float at(int figure, long step) {
        int points = figures[0].length;
        return step > lastStep || step <= lastStep - points ? Float.NaN : figures[figure][(int) (step % points)];
    }

    int figureCount() {
        return figures.length;
    }
}
