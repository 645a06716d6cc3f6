package dev.warmlane.tools.simulator;

/** A histogram as Prometheus has it, with the name and the help of its family. Confined to one thread. */
final class Histogram {
    final String name;
    final String help;
    final double[] bounds;
    /** Values in each bucket, not counting lower ones. */
    final long[] counts;

    double sum;
    long count;

    /** @param bounds upper bounds of the buckets, ascending; one without bound follows */
    Histogram(String name, String help, double... bounds) {
        this.name = name;
        this.help = help;
        this.bounds = bounds;
        this.counts = new long[bounds.length];
    }

    void observe(double value) {
        count++;
        sum += value;
        for (int i = 0; i < bounds.length; i++) {
            if (value <= bounds[i]) {
                counts[i]++;
                return;
            }
        }
    }
}
