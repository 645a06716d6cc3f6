package dev.warmlane.ops.actuator;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.endpoint.EndpointState;
import dev.warmlane.engines.probe.EndpointReports;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one endpoint. A gauge is NaN where the engine does not say; a counter is not there until the engine has said
 * it, for a zero before would make its first value look like a burst. For the thread that refreshes the meters; their
 * values are read from any.
 */
final class EndpointMeters {
    private final EndpointId id;
    private final EndpointPool pool;
    private final String name;
    private final MeterRegistry registry;
    private final EndpointReports reports;
    private final List<Meter> gauges = new ArrayList<>();
    private final Map<EngineCounter, Meter> counters = new EnumMap<>(EngineCounter.class);

    /**
     * Registers the gauges.
     *
     * @param nanoClock the scraper's clock
     */
    EndpointMeters(
            EndpointId id,
            EndpointPool pool,
            String name,
            MeterRegistry registry,
            EndpointReports reports,
            LongSupplier nanoClock) {
        this.id = id;
        this.pool = pool;
        this.name = name;
        this.registry = registry;
        this.reports = reports;
        for (EngineGauge gauge : EngineGauge.values()) {
            gauges.add(gauge.meter()
                    .gauge(
                            registry,
                            reports,
                            from -> gauge.in(from.report(id), nanoClock.getAsLong(), isUnready()),
                            gauge.labels(pool.name(), name)));
        }
    }

    /** Registers the counters that the engine has said by now and that are not registered yet. */
    void registerCounters() {
        for (EngineCounter counter : EngineCounter.values()) {
            if (!counters.containsKey(counter) && counter.in(reports.report(id)) != null) {
                counters.put(
                        counter,
                        counter.meter()
                                .counter(
                                        registry,
                                        reports,
                                        from -> orNaN(counter.in(from.report(id))),
                                        pool.name(),
                                        name));
            }
        }
    }

    EndpointId id() {
        return id;
    }

    /** Removes all of them from the registry. */
    void remove() {
        gauges.forEach(registry::remove);
        counters.values().forEach(registry::remove);
    }

    private boolean isUnready() {
        Endpoint endpoint = pool.snapshot().find(id);
        return endpoint != null && endpoint.state() == EndpointState.UNREADY;
    }

    private static double orNaN(@Nullable Long count) {
        return count == null ? Double.NaN : count;
    }
}
