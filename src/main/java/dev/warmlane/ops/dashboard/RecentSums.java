package dev.warmlane.ops.dashboard;

import java.util.ArrayDeque;
import java.util.Deque;

/** The sums of the last samples, so that figures can be given over the time they span. For one thread. */
final class RecentSums {
    private final int samples;
    private final Deque<double[]> ring = new ArrayDeque<>();

    /** @param samples how many intervals between samples are spanned, at least 1 */
    RecentSums(int samples) {
        this.samples = samples;
    }

    void add(double[] sums) {
        ring.addLast(sums);
        if (ring.size() > samples + 1) {
            ring.removeFirst();
        }
    }

    /** The oldest sums kept; at least one sample must have been added. */
    double[] oldest() {
        return ring.getFirst();
    }

    double[] newest() {
        return ring.getLast();
    }
}
