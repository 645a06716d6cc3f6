package dev.warmlane.tools.simulator;

/** A cumulative histogram as Prometheus has it. Confined to one thread. */
final class Histogram {
    private final double[] bounds;
    private final long[] counts;
    private double sum;
    private long count;

    /** @param bounds upper bounds of the buckets, ascending; one without bound follows */
    Histogram(double... bounds) {
        this.bounds = bounds;
        this.counts = new long[bounds.length];
    }

    void observe(double value) {
        observe(value, 1);
    }

    /** Observes a value several times. */
    void observe(double value, long times) {
        count += times;
        sum += value * times;
        for (int i = 0; i < bounds.length; i++) {
            if (value <= bounds[i]) {
                counts[i] += times;
                return;
            }
        }
    }

    int buckets() {
        return bounds.length;
    }

    double bound(int bucket) {
        return bounds[bucket];
    }

    /** Values in this bucket, not counting lower ones. */
    long inBucket(int bucket) {
        return counts[bucket];
    }

    double sum() {
        return sum;
    }

    long count() {
        return count;
    }
}
