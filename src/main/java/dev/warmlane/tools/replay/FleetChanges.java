package dev.warmlane.tools.replay;

import dev.warmlane.core.endpoint.Endpoint;
import java.util.List;
import java.util.function.Consumer;

/**
 * What the scenario does to the fleet while a replay runs: endpoints join, are lost with or without notice, and are restarted, drained or
 * not. Not thread-safe.
 */
final class FleetChanges {
    private static final long TICK_NANOS = 100_000_000;
    private static final long IDLE_CHECK_NANOS = 500_000_000;

    private final Scenario scenario;
    private final Fleet fleet;
    private final List<ReplayGateway> gateways;
    private final Joins joins;
    private final VirtualTime time;

    /** @param gateways those of the replay, as soon as they are made */
    FleetChanges(Scenario scenario, Fleet fleet, List<ReplayGateway> gateways, Joins joins, VirtualTime time) {
        this.scenario = scenario;
        this.fleet = fleet;
        this.gateways = gateways;
        this.joins = joins;
        this.time = time;
    }

    /** Schedules all of it; to be called once. */
    void schedule() {
        for (double seconds : scenario.addSeconds) {
            time.at(VirtualTime.nanos(seconds), () -> joins.join(fleet.add()));
        }
        for (double seconds : scenario.removeSeconds) {
            time.at(
                    VirtualTime.nanos(seconds),
                    () -> loseOldest(oldest -> {
                        fleet.remove(oldest);
                        lose(oldest);
                    }));
        }
        if (scenario.restartEachSeconds != null || !scenario.addSeconds.isEmpty()) {
            tick();
        }
        if (scenario.restartEachSeconds != null) {
            scheduleRestart(VirtualTime.nanos(scenario.restartEachSeconds));
        }
    }

    /** Endpoints that start take more with time. */
    private void tick() {
        gateways.forEach(ReplayGateway::tick);
        time.at(time.now() + TICK_NANOS, this::tick);
    }

    private void scheduleRestart(long intervalNanos) {
        time.at(time.now() + intervalNanos, () -> {
            if (scenario.drainSeconds == null) {
                loseOldest(oldest -> {
                    fleet.remove(oldest);
                    joins.join(fleet.replace(oldest));
                    lose(oldest);
                });
            } else {
                drainOldest(VirtualTime.nanos(scenario.drainSeconds));
            }
            scheduleRestart(intervalNanos);
        });
    }

    /** Drains the oldest endpoint if it takes requests and another does as well. */
    private void drainOldest(long awayNanos) {
        ReplayEndpoint oldest = fleet.oldest();
        List<Endpoint> selectable = selectable();
        if (oldest != null
                && selectable.size() > 1
                && selectable.stream()
                        .anyMatch(endpoint ->
                                endpoint.id().equals(oldest.endpoint().id()))) {
            joins.drained(oldest);
            restartOnceIdle(oldest, awayNanos);
        }
    }

    private void restartOnceIdle(ReplayEndpoint drained, long awayNanos) {
        if (!drained.requests().isEmpty()) {
            time.at(time.now() + IDLE_CHECK_NANOS, () -> restartOnceIdle(drained, awayNanos));
            return;
        }
        fleet.remove(drained);
        joins.giveUp(drained);
        ReplayEndpoint fresh = fleet.restart(drained);
        gateways.forEach(gateway -> gateway.restarted(fresh.endpoint().id()));
        time.at(time.now() + awayNanos, () -> joins.isBack(fresh));
    }

    private List<Endpoint> selectable() {
        return gateways.get(0).router().pool().snapshot().selectable();
    }

    /** Loses the oldest endpoint if any takes requests: at once, or after the notice, in which it gets no new sessions. */
    private void loseOldest(Consumer<ReplayEndpoint> loses) {
        ReplayEndpoint oldest = selectable().isEmpty() ? null : fleet.oldest();
        if (oldest == null) {
            return;
        }
        long noticeNanos = VirtualTime.nanos(scenario.noticeSeconds);
        if (noticeNanos == 0) {
            loses.accept(oldest);
            return;
        }
        oldest.leaves();
        fleet.announceTo(gateways);
        joins.leaves(oldest, time.now() + noticeNanos);
        time.at(time.now() + noticeNanos, () -> loses.accept(oldest));
    }

    /** What it was computing goes elsewhere, so the gateways must know first. */
    private void lose(ReplayEndpoint endpoint) {
        joins.giveUp(endpoint);
        fleet.announceTo(gateways);
        endpoint.requests().forEach(attempt -> attempt.abort(time.now()));
    }
}
