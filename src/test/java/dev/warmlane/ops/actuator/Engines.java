package dev.warmlane.ops.actuator;

import dev.warmlane.core.admission.AdmissionQueue;
import dev.warmlane.core.admission.Ticket.Capacity;
import dev.warmlane.core.admission.Ticket.QueuedRequest;
import dev.warmlane.core.admission.Ticket.Refusal;
import dev.warmlane.core.admission.Ticket.Waiter;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointLoad;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.vllm.ModelCard;
import dev.warmlane.core.vllm.VllmMetrics;
import dev.warmlane.core.vllm.VllmMetrics.PrefixCacheCounters;
import dev.warmlane.engines.pool.PoolBuilder;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.probe.EndpointReport;
import dev.warmlane.engines.probe.EndpointReport.EndpointReports;
import dev.warmlane.engines.probe.PrefixCacheHistory.PrefixCacheWindows;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A pool with what its endpoints are made to say, for tests; the clock stands at one second. */
final class Engines implements EndpointReports {
    static final long NOW_NANOS = 1_000_000_000L;

    private static final Waiter PATIENT = new Waiter() {
        @Override
        public boolean enter() {
            return false;
        }

        @Override
        public void refused(Refusal refusal) {}
    };

    private final EndpointPool pool = new EndpointPool("default");
    private final Map<EndpointId, EndpointReport> reports = new HashMap<>();

    /** A ready pod that says everything, one that drains and says little, and a static one that has said nothing. */
    static Engines three() {
        Engines engines = new Engines();
        Endpoint full = pod("uid-1", "vllm-0", EndpointState.READY);
        Endpoint draining = pod("uid-2", "vllm-1", EndpointState.DRAINING);
        Endpoint silent = Endpoint.ofUri(URI.create("http://10.0.0.9:8000"));
        engines.pool.replace(List.of(full, draining, silent));
        engines.say(
                full.id(),
                new EndpointReport(
                        metrics(
                                new EndpointLoad(2L, 1L, 0.25, 16, 27_652L, true),
                                new PrefixCacheCounters(1000, 250),
                                3L),
                        new PrefixCacheWindows(
                                new PrefixCacheCounters(10, 5),
                                new PrefixCacheCounters(100, 40),
                                new PrefixCacheCounters(400, 100)),
                        List.of(new ModelCard("m", false, "{}")),
                        true,
                        "0.10.0",
                        NOW_NANOS - 250_000_000L,
                        null));
        engines.say(
                draining.id(),
                new EndpointReport(
                        metrics(EndpointLoad.UNKNOWN, new PrefixCacheCounters(3000, 2750), null),
                        new PrefixCacheWindows(
                                PrefixCacheCounters.NONE,
                                new PrefixCacheCounters(100, 100),
                                new PrefixCacheCounters(400, 300)),
                        List.of(),
                        true,
                        null,
                        NOW_NANOS - 1_000_000_000L,
                        "timeout"));
        return engines;
    }

    /** Four requests are in flight at the pod that says everything and one at each other; three wait; 2.5 a second ended. */
    Pools pools() {
        InFlight inFlight = new InFlight(8);
        pool.snapshot().endpoints().forEach(endpoint -> inFlight.open(endpoint.id(), 0, 0));
        for (int i = 0; i < 3; i++) {
            inFlight.open(new EndpointId("uid-1"), 0, 0);
        }
        return new PoolBuilder(pool).inFlight(inFlight).queue(queue()).alone();
    }

    private static AdmissionQueue queue() {
        AtomicLong nanos = new AtomicLong();
        AdmissionQueue queue = new AdmissionQueue(
                new AdmissionQueue.Limits(100, Duration.ofSeconds(10)),
                () -> new Capacity(Set.of(), Set.of(), Set.of(), 3),
                nanos::get,
                new SplittableRandom(1));
        for (int i = 0; i < 5; i++) {
            queue.ended();
        }
        nanos.set(Duration.ofSeconds(2).toNanos());
        for (int i = 0; i < 3; i++) {
            queue.await(new QueuedRequest(false, 0, i, null, Set.of()), PATIENT);
        }
        return queue;
    }

    void replace(List<Endpoint> endpoints) {
        pool.replace(endpoints);
    }

    void say(EndpointId id, EndpointReport report) {
        reports.put(id, report);
    }

    @Override
    public EndpointReport report(EndpointId id) {
        return reports.getOrDefault(id, EndpointReport.NONE);
    }

    static Endpoint pod(String uid, String name, EndpointState state) {
        return new Endpoint(new EndpointId(uid), name, URI.create("http://10.0.0.1:8000"), state);
    }

    static VllmMetrics metrics(
            EndpointLoad load, @Nullable PrefixCacheCounters prefixCache, @Nullable Long preemptions) {
        return new VllmMetrics(
                load,
                prefixCache,
                preemptions,
                preemptions == null ? null : 5000L,
                preemptions == null ? null : 700L,
                preemptions == null ? null : 3L,
                false);
    }
}
