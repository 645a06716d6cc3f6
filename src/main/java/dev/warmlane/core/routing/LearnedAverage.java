package dev.warmlane.core.routing;

import java.util.concurrent.atomic.AtomicLong;

/** An exponential moving average that any thread may feed; a new value counts for one part in fifty. */
final class LearnedAverage {
    private static final double WEIGHT = 1.0 / 50;

    private final AtomicLong bits;

    /** @param initial the value until anything is learned */
    LearnedAverage(double initial) {
        this.bits = new AtomicLong(Double.doubleToRawLongBits(initial));
    }

    double value() {
        return Double.longBitsToDouble(bits.get());
    }

    void set(double value) {
        bits.set(Double.doubleToRawLongBits(value));
    }

    void learn(double sample) {
        bits.updateAndGet(before -> {
            double average = Double.longBitsToDouble(before);
            return Double.doubleToRawLongBits(average + WEIGHT * (sample - average));
        });
    }
}
