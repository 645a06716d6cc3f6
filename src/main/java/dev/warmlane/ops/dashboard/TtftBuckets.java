package dev.warmlane.ops.dashboard;

import dev.warmlane.metrics.GatewayMeter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Reads the histogram of the time to the first token that the gateway keeps of a pool. Reading is not atomic: of a stream that
 * is being recorded the count knows before its bucket does, which looks like one above the highest bound. So what is above it
 * counts only when several readings in a row have seen it. For one thread.
 */
final class TtftBuckets {
    /** At one reading in thousands a stream is between count and bucket. */
    private static final int READINGS = 3;

    private static final double[] BOUNDS = GatewayMeter.TTFT.bucketSeconds();

    /** The buckets, with the one that has no bound. */
    static final int COUNT = BOUNDS.length + 1;

    private final MeterRegistry registry;
    private final String pool;
    private final Deque<Double> above = new ArrayDeque<>();

    TtftBuckets(MeterRegistry registry, String pool) {
        this.registry = registry;
        this.pool = pool;
    }

    static List<Double> bounds() {
        return Arrays.stream(BOUNDS).boxed().toList();
    }

    /** Puts the cumulative counts into the sums. */
    void read(double[] sums) {
        Timer timer =
                registry.find(GatewayMeter.TTFT.meterName()).tag("pool", pool).timer();
        if (timer == null) {
            return;
        }
        HistogramSnapshot snapshot = timer.takeSnapshot();
        CountAtBucket[] counts = snapshot.histogramCounts();
        if (counts.length == 0) {
            return;
        }
        int next = 0;
        double upTo = 0;
        for (int i = 0; i < BOUNDS.length; i++) {
            while (next < counts.length && counts[next].bucket(TimeUnit.SECONDS) <= BOUNDS[i] * 1.000001) {
                upTo = counts[next++].count();
            }
            sums[PoolSum.bucket(i)] = upTo;
        }
        above.addLast(snapshot.count() - upTo);
        if (above.size() > READINGS) {
            above.removeFirst();
        }
        sums[PoolSum.bucket(BOUNDS.length)] = upTo + Math.max(0, Collections.min(above));
    }
}
