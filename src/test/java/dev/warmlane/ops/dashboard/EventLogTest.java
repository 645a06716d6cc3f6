package dev.warmlane.ops.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.engines.pool.Pool.PoolTargets;
import dev.warmlane.ops.actuator.EndpointStatus;
import dev.warmlane.ops.actuator.EndpointStatus.EjectionStatus;
import dev.warmlane.ops.actuator.EndpointStatus.HitRatios;
import dev.warmlane.ops.actuator.VllmEndpoint.VllmStatus.PoolTotals;
import dev.warmlane.ops.actuator.VllmEndpoint.VllmStatus.QueueStatus;
import dev.warmlane.ops.dashboard.EndpointSampler.EndpointSum;
import dev.warmlane.ops.dashboard.EventLog.Event;
import dev.warmlane.ops.dashboard.History.Subject;
import dev.warmlane.ops.dashboard.LiveStatus.LiveEndpoint;
import dev.warmlane.ops.dashboard.LiveStatus.LivePool;
import dev.warmlane.ops.dashboard.LiveStatus.LiveReplica;
import dev.warmlane.ops.dashboard.LiveStatus.LiveUnrouted;
import dev.warmlane.ops.dashboard.ProblemCatalogue.LiveProblem;
import dev.warmlane.ops.dashboard.ProblemCatalogue.Problem;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

class EventLogTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final EjectionStatus OUT = new EjectionStatus("health_check", 0, null, 1, false);

    private final EventLog log = new EventLog(() -> NOW);
    private LiveStatus before = status(endpoints(5, endpoint -> endpoint), List.of(), "a");

    private List<String> changesTo(LiveStatus now) {
        int known = log.newest().size();
        log.compare(before, now, Map.of(), Map.of(), id -> "warning");
        before = now;
        List<Event> all = log.newest();
        return all.subList(0, all.size() - known).stream().map(Event::text).toList();
    }

    @Test
    void whatHappensToManyEndpointsInASecondIsOneEvent() {
        assertThat(changesTo(status(endpoints(5, endpoint -> endpoint.ejection(OUT)), List.of(), "a")))
                .containsExactly("5 endpoints (pod-0, pod-1, pod-2 and 2 more): each was ejected: health_check");
        assertThat(changesTo(status(endpoints(5, endpoint -> endpoint), List.of(), "a")))
                .containsExactly("5 endpoints (pod-0, pod-1, pod-2 and 2 more): each is back");
    }

    @Test
    void endpointsReplicasAndProblemsComeAndGo() {
        LiveProblem slow = new LiveProblem(Problem.ofPool("ttft-slow"), NOW);
        assertThat(changesTo(status(endpoints(6, endpoint -> endpoint), List.of(slow), "a", "b")))
                .containsExactlyInAnyOrder("pod-5 came", "ttft-slow began", "replica b joined");
        assertThat(changesTo(status(endpoints(5, endpoint -> endpoint), List.of(), "a")))
                .containsExactlyInAnyOrder("pod-5 is gone", "ttft-slow ended", "replica b left");
        assertThat(changesTo(before)).isEmpty();
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void aProblemIsLoggedAsTheRunbookCallsIt(CapturedOutput output) {
        LiveProblem full = new LiveProblem(new Problem("kv-cache-full", "pod-1", "99 %"), NOW);
        changesTo(status(endpoints(5, endpoint -> endpoint), List.of(full), "a"));
        assertThat(output).contains("pool default: WarmlaneKvCacheFull: pod-1 99 %; see docs/runbook.md");
    }

    @Test
    void whatIsWrongFromTheStartBeganThen() {
        LiveProblem slow = new LiveProblem(Problem.ofPool("ttft-slow"), NOW);
        LiveStatus wrong = status(endpoints(5, endpoint -> endpoint), List.of(slow), "a");
        log.compare(null, wrong, Map.of(), Map.of(), id -> "warning");
        before = wrong;
        assertThat(changesTo(wrong)).containsExactly("ttft-slow began");
        assertThat(changesTo(wrong)).isEmpty();
    }

    @Test
    void whatAStartPassesThroughIsNoProblem() {
        LiveProblem empty = new LiveProblem(Problem.ofPool("no-selectable-endpoint"), NOW);
        log.compare(
                null,
                status(endpoints(5, endpoint -> endpoint), List.of(empty), "a"),
                Map.of(),
                Map.of(),
                id -> "warning");
        assertThat(changesTo(before)).isEmpty();
    }

    @Test
    void aRestartIsTold() {
        Subject subject = new Subject(
                "default", before.pools().get(0).endpoints().get(2).status().id());
        double[] restarted = new double[EndpointSum.COUNT];
        restarted[EndpointSum.RESTARTS.index()] = 1;
        log.compare(
                before,
                before,
                Map.of(subject, new double[EndpointSum.COUNT]),
                Map.of(subject, restarted),
                id -> "warning");
        assertThat(log.newest()).extracting(Event::text).containsExactly("pod-2 has restarted, its cache is empty");
    }

    @Test
    void theOldestMakeRoom() {
        for (int i = 0; i < 600; i++) {
            log.reloaded("bundle " + i);
        }
        assertThat(log.newest()).hasSize(500).first().extracting(Event::text).isEqualTo("bundle 599 reloaded");
    }

    private static List<LiveEndpoint> endpoints(int count, UnaryOperator<JudgedEndpoint> change) {
        return IntStream.range(0, count)
                .mapToObj(i -> change.apply(new JudgedEndpoint("pod-" + i)).status())
                .map((EndpointStatus status) -> new LiveEndpoint(status, 0, 0))
                .toList();
    }

    private static LiveStatus status(List<LiveEndpoint> endpoints, List<LiveProblem> problems, String... replicas) {
        LivePool pool = new LivePool(
                "default",
                "sticky",
                new PoolTotals(endpoints.size(), 0, JudgedEndpoint.unusedCache(), 0, 0, 0, new QueueStatus(0, 0, 0, 0)),
                false,
                new PoolTargets(null, null, null, null),
                new HitRatios(null, null, null, null),
                Map.of(),
                problems,
                endpoints);
        return new LiveStatus(
                NOW,
                List.of(pool),
                Arrays.stream(replicas)
                        .map(name -> new LiveReplica(name, null, 0, false, null, null))
                        .toList(),
                new LiveUnrouted(0, 0, Map.of()));
    }
}
