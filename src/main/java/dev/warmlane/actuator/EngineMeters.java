package dev.warmlane.actuator;

import dev.warmlane.endpoint.Endpoint;
import dev.warmlane.endpoint.EndpointId;
import dev.warmlane.scrape.EndpointReports;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;

/**
 * What the engines say of themselves as {@code warmlane.engine.*} meters, tagged with pool and endpoint name. {@link
 * #refresh} makes the meters follow the pools: those of a new endpoint appear, those of one that is gone are removed. Where
 * two endpoints of a pool have one name, as an old pod and its successor may for a moment, the later in the pool has it.
 */
public final class EngineMeters {
    private final MeterRegistry registry;
    private final List<ObservedPool> pools;
    private final EndpointReports reports;
    private final LongSupplier nanoClock;
    private final Map<Label, EndpointMeters> meters = new HashMap<>();

    private record Label(String pool, String endpoint) {}

    /**
     * Without meters until the first refresh.
     *
     * @param nanoClock the scraper's clock
     */
    public EngineMeters(
            MeterRegistry registry, List<ObservedPool> pools, EndpointReports reports, LongSupplier nanoClock) {
        this.registry = registry;
        this.pools = List.copyOf(pools);
        this.reports = reports;
        this.nanoClock = nanoClock;
    }

    /** Makes the meters those of the endpoints that there are now. Off the request path. */
    public synchronized void refresh() {
        Map<Label, EndpointId> wanted = new HashMap<>();
        for (ObservedPool pool : pools) {
            for (Endpoint endpoint : pool.pool().snapshot().endpoints()) {
                wanted.put(new Label(pool.pool().name(), endpoint.name()), endpoint.id());
            }
        }
        meters.entrySet().removeIf(entry -> {
            boolean gone = !Objects.equals(entry.getValue().id(), wanted.get(entry.getKey()));
            if (gone) {
                entry.getValue().remove();
            }
            return gone;
        });
        wanted.forEach((label, id) ->
                meters.computeIfAbsent(label, added -> register(added, id)).registerCounters());
    }

    private EndpointMeters register(Label label, EndpointId id) {
        return new EndpointMeters(id, label.pool(), label.endpoint(), registry, reports, nanoClock);
    }
}
