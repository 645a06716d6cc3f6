package dev.warmlane.tools.replay;

import dev.warmlane.tools.Distribution;
import java.util.Arrays;

/** A growing list of numbers without an object for each. */
final class Samples {
    private double[] values = new double[1024];
    private int size;

    void add(double value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, 2 * size);
        }
        values[size++] = value;
    }

    Distribution distribution() {
        return Distribution.of(Arrays.copyOf(values, size));
    }
}
