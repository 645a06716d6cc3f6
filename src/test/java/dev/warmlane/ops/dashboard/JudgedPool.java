package dev.warmlane.ops.dashboard;

import dev.warmlane.engines.discovery.Discovery.DiscoveryStatus;
import dev.warmlane.engines.pool.Pool.PoolTargets;
import dev.warmlane.engines.pool.PoolBuilder;
import dev.warmlane.ops.actuator.EndpointStatus;
import dev.warmlane.ops.actuator.VllmEndpoint.VllmStatus.PoolStatus;
import dev.warmlane.ops.actuator.VllmEndpoint.VllmStatus.PoolTotals;
import dev.warmlane.ops.actuator.VllmEndpoint.VllmStatus.QueueStatus;
import dev.warmlane.ops.dashboard.PoolSum.TtftBuckets;
import dev.warmlane.ops.dashboard.PoolView.RecentSums;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** A pool of two endpoints with which nothing is wrong, but for what a test says of it. */
final class JudgedPool {
    private final List<JudgedEndpoint> endpoints = List.of(new JudgedEndpoint("pod-0"), new JudgedEndpoint("pod-1"));
    private final double[] grown = new double[PoolSum.COUNT];
    private final List<String> expiringBundles = new ArrayList<>();
    private PoolTargets targets = new PoolTargets(0.8, 2.0, 0.999, null);
    private int selectable = 2;
    private boolean panic;
    private DiscoveryStatus.State discovery = DiscoveryStatus.State.SYNCED;
    private long addresses;
    private float hitRatioOfDay = Float.NaN;

    JudgedPool grew(PoolSum sum, double by) {
        grown[sum.index()] = by;
        return this;
    }

    /** So many streams began within the lowest bucket of the time to the first token, and so many above the highest. */
    JudgedPool streams(double fast, double slow) {
        Arrays.fill(grown, PoolSum.bucket(0), PoolSum.bucket(TtftBuckets.COUNT - 1), fast);
        grown[PoolSum.bucket(TtftBuckets.COUNT - 1)] = fast + slow;
        return this;
    }

    JudgedPool targets(PoolTargets judgedBy) {
        targets = judgedBy;
        return this;
    }

    JudgedPool endpoint(int index, UnaryOperator<JudgedEndpoint> change) {
        change.apply(endpoints.get(index));
        return this;
    }

    JudgedPool selectable(int count) {
        selectable = count;
        return this;
    }

    JudgedPool panic() {
        panic = true;
        return this;
    }

    JudgedPool discoveryStale() {
        discovery = DiscoveryStatus.State.STALE;
        return this;
    }

    JudgedPool addresses(long count) {
        addresses = count;
        return this;
    }

    JudgedPool hitRatioOfDay(float ratio) {
        hitRatioOfDay = ratio;
        return this;
    }

    JudgedPool expiring(String bundle) {
        expiringBundles.add(bundle);
        return this;
    }

    PoolView view() {
        List<EndpointStatus> statuses =
                endpoints.stream().map(JudgedEndpoint::status).toList();
        PoolTotals totals = new PoolTotals(
                statuses.size(), selectable, JudgedEndpoint.unusedCache(), 0, 0, 0, new QueueStatus(0, 0, 0, 0));
        RecentSums lastMinute = new RecentSums(1);
        lastMinute.add(new double[PoolSum.COUNT]);
        lastMinute.add(grown.clone());
        return new PoolView(
                new PoolStatus("default", totals, panic, statuses),
                lastMinute,
                hitRatioOfDay,
                addresses,
                expiringBundles,
                new PoolBuilder("default")
                        .onKubernetes(discovery)
                        .targets(targets)
                        .build());
    }
}
