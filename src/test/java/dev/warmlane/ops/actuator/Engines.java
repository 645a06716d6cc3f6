package dev.warmlane.ops.actuator;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointLoad;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.endpoint.EndpointState;
import dev.warmlane.core.vllm.PrefixCacheCounters;
import dev.warmlane.core.vllm.VllmMetrics;
import dev.warmlane.engines.probe.EndpointReport;
import dev.warmlane.engines.probe.EndpointReports;
import dev.warmlane.engines.probe.ModelCard;
import dev.warmlane.engines.probe.PrefixCacheWindows;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A pool with what its endpoints are made to say, for tests; the clock stands at one second. */
final class Engines implements EndpointReports {
    static final long NOW_NANOS = 1_000_000_000L;

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
                        List.of(new ModelCard("m", "{}")),
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
                        "timeout after 2s"));
        return engines;
    }

    ObservedPool pool() {
        return new ObservedPool(
                pool, id -> id.value().equals("uid-1") ? 4 : 1, id -> null, () -> new QueueStatus(3, 100, 8, 2.5));
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
                load, prefixCache, preemptions, preemptions == null ? null : 5000L, preemptions == null ? null : 700L);
    }
}
