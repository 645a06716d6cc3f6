package dev.warmlane.ops.actuator;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.probe.EndpointReport.EndpointReports;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * What the engines say of themselves as {@code warmlane.engine.*} meters, tagged with pool and endpoint name. {@link
 * #refresh} makes the meters follow the pools: those of a new endpoint appear, those of one that is gone are removed. Where
 * two endpoints of a pool have one name, as an old pod and its successor may for a moment, the later in the pool has it.
 */
public final class EngineMeters {
    private final MeterRegistry registry;
    private final Pools pools;
    private final EndpointReports reports;
    private final LongSupplier nanoClock;
    private final Map<Label, EndpointMeters> meters = new HashMap<>();

    private record Label(String pool, String endpoint) {}

    private record Listed(Pool pool, EndpointId id) {}

    /**
     * Without meters until the first refresh.
     *
     * @param nanoClock the scraper's clock
     */
    public EngineMeters(MeterRegistry registry, Pools pools, EndpointReports reports, LongSupplier nanoClock) {
        this.registry = registry;
        this.pools = pools;
        this.reports = reports;
        this.nanoClock = nanoClock;
    }

    /** Makes the meters those of the endpoints that there are now. Off the request path. */
    public synchronized void refresh() {
        Map<Label, Listed> wanted = new HashMap<>();
        for (Pool pool : pools.all()) {
            for (Endpoint endpoint : pool.endpoints().snapshot().endpoints()) {
                wanted.put(new Label(pool.name(), endpoint.name()), new Listed(pool, endpoint.id()));
            }
        }
        meters.entrySet().removeIf(entry -> {
            Listed listed = wanted.get(entry.getKey());
            boolean gone = listed == null || !entry.getValue().id().equals(listed.id());
            if (gone) {
                entry.getValue().remove();
            }
            return gone;
        });
        wanted.forEach((label, listed) ->
                meters.computeIfAbsent(label, added -> of(added, listed)).register());
    }

    private EndpointMeters of(Label label, Listed listed) {
        return new EndpointMeters(
                listed.id(),
                listed.pool().endpoints(),
                listed.pool().router().inFlight(),
                label.endpoint(),
                registry,
                reports,
                nanoClock);
    }
}
