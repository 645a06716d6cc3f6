package dev.warmlane.ops.dashboard;

import dev.warmlane.metrics.GatewayMeter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Reads the histogram of the time to the first token that the gateway keeps of each pool. */
final class TtftBuckets {
    private static final double[] BOUNDS = GatewayMeter.TTFT.bucketSeconds();

    /** The buckets, with the one that has no bound. */
    static final int COUNT = BOUNDS.length + 1;

    private TtftBuckets() {}

    static List<Double> bounds() {
        return Arrays.stream(BOUNDS).boxed().toList();
    }

    /** Puts the cumulative counts into the sums. */
    static void read(MeterRegistry registry, String pool, double[] sums) {
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
        sums[PoolSum.bucket(BOUNDS.length)] = Math.max(upTo, (double) snapshot.count());
    }
}
