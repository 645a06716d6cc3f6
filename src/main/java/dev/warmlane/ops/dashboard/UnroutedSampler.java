package dev.warmlane.ops.dashboard;

import dev.warmlane.metrics.RequestMeter;
import dev.warmlane.ops.dashboard.LiveStatus.LiveUnrouted;
import dev.warmlane.ops.dashboard.PoolView.RecentSums;
import dev.warmlane.settings.PoolSettings;
import io.micrometer.core.instrument.Counter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;

/**
 * Adds up requests that ended before it was known which pool they are for: refused for their client, path or model, or responded to by
 * the gateway itself. For one thread.
 */
final class UnroutedSampler {
    private static final int SPAN_SECONDS = 60;
    private static final int SECONDS = 0;
    private static final int REQUESTS = 1;
    private static final int REFUSED = 2;

    private final Counters counters;
    private final RecentSums recent = new RecentSums(SPAN_SECONDS);
    private final RecentCounts reasons = new RecentCounts();
    private double seconds;

    UnroutedSampler(Counters counters) {
        this.counters = counters;
    }

    /** Adds the state of now; once a second. */
    LiveUnrouted add(double secondsSinceLast) {
        seconds += secondsSinceLast;
        double[] sums = {seconds, 0, 0};
        for (Counter counter : counters.of(RequestMeter.REQUESTS, PoolSettings.NO_POOL)) {
            sums[REQUESTS] += counter.count();
            String result = String.valueOf(counter.getId().getTag("result"));
            if (result.equals("4xx") || result.equals("5xx")) {
                sums[REFUSED] += counter.count();
            }
        }
        Map<String, Double> counts = new TreeMap<>();
        for (Counter counter : counters.of(RequestMeter.REFUSALS, null)) {
            counts.put(String.valueOf(counter.getId().getTag("reason")), counter.count());
        }
        recent.add(sums);
        double span = Math.max(1, seconds - recent.oldest()[SECONDS]);
        return new LiveUnrouted(grown(REQUESTS) / span, grown(REFUSED) / span, reasons.perSecond(counts, span));
    }

    private double grown(int sum) {
        return recent.newest()[sum] - recent.oldest()[sum];
    }

    /** Counts by name over the same time; names come as they are first counted. */
    private static final class RecentCounts {
        private final Deque<Map<String, Double>> ring = new ArrayDeque<>();

        Map<String, Double> perSecond(Map<String, Double> now, double span) {
            ring.addLast(now);
            if (ring.size() > SPAN_SECONDS + 1) {
                ring.removeFirst();
            }
            Map<String, Double> grown = new TreeMap<>();
            now.forEach((name, count) -> {
                double by = count - ring.getFirst().getOrDefault(name, 0.0);
                if (by > 0) {
                    grown.put(name, by / span);
                }
            });
            return grown;
        }
    }
}
