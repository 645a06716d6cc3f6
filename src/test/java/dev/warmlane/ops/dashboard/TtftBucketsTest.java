package dev.warmlane.ops.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.metrics.RequestMeter;
import dev.warmlane.ops.dashboard.PoolSum.TtftBuckets;
import io.micrometer.core.instrument.AbstractTimer;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.micrometer.core.instrument.distribution.pause.NoPauseDetector;
import io.micrometer.core.instrument.distribution.pause.PauseDetector;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TtftBucketsTest {
    private static final double[] BOUNDS = RequestMeter.TTFT.bucketSeconds();

    private long inBuckets;
    private long counted;
    private final TtftBuckets buckets = new TtftBuckets(new Counters(registry()), "default");

    @Test
    void aStreamThatIsCountedBeforeItsBucketIsNoSlowOne() {
        double[] before = read(0, 0);
        double[] after = read(50, 51);

        assertThat(p99(before, after)).isLessThan(0.001f);
    }

    @Test
    void aStreamThatStaysAboveTheHighestBoundIsTheSlowestThereIs() {
        double[] before = read(0, 0);
        read(50, 51);
        read(50, 51);
        double[] after = read(50, 51);

        assertThat(p99(before, after)).isEqualTo((float) BOUNDS[BOUNDS.length - 1]);
    }

    private double[] read(long fast, long all) {
        inBuckets = fast;
        counted = all;
        double[] sums = new double[PoolSum.COUNT];
        buckets.read(sums);
        return sums;
    }

    private static float p99(double[] before, double[] after) {
        Figure figure = PoolSum.figures().stream()
                .filter(each -> each.name().equals("ttftP99"))
                .findFirst()
                .orElseThrow();
        return figure.over(before, after);
    }

    /** Its timer has all that is in buckets in the lowest one. */
    private SimpleMeterRegistry registry() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry() {
            @Override
            protected Timer newTimer(Meter.Id id, DistributionStatisticConfig config, PauseDetector pauses) {
                return new ReadTimer(id);
            }
        };
        RequestMeter.TTFT.timer(registry, "default");
        return registry;
    }

    private final class ReadTimer extends AbstractTimer {
        ReadTimer(Meter.Id id) {
            super(id, Clock.SYSTEM, DistributionStatisticConfig.NONE, new NoPauseDetector(), TimeUnit.SECONDS, false);
        }

        @Override
        public HistogramSnapshot takeSnapshot() {
            CountAtBucket[] counts = Arrays.stream(BOUNDS)
                    .mapToObj(bound -> new CountAtBucket(bound * 1e9, inBuckets))
                    .toArray(CountAtBucket[]::new);
            return new HistogramSnapshot(counted, 0, 0, null, counts, null);
        }

        @Override
        protected void recordNonNegative(long amount, TimeUnit unit) {}

        @Override
        public long count() {
            return counted;
        }

        @Override
        public double totalTime(TimeUnit unit) {
            return 0;
        }

        @Override
        public double max(TimeUnit unit) {
            return 0;
        }
    }
}
