package dev.warmlane.ops.actuator;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.vllm.VllmMetrics;
import dev.warmlane.core.vllm.VllmMetrics.PrefixCacheCounters;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.probe.EndpointReport;
import dev.warmlane.engines.probe.EndpointReport.EndpointReports;
import dev.warmlane.metrics.GatewayMeter.Kind;
import dev.warmlane.metrics.PoolMeter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

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
            boolean gone = listed == null || !entry.getValue().id.equals(listed.id());
            if (gone) {
                entry.getValue().remove();
            }
            return gone;
        });
        wanted.forEach((label, listed) -> meters.computeIfAbsent(
                        label, added -> new EndpointMeters(added.endpoint(), listed))
                .register());
    }

    /**
     * The meters of one endpoint. A gauge is NaN where the engine does not say; a counter is not there until the engine has said
     * it, for a zero before would make its first value look like a burst. For the thread that refreshes the meters; their
     * values are read from any.
     */
    private final class EndpointMeters {
        private final String name;
        private final EndpointId id;
        private final EndpointPool pool;
        private final InFlight inFlight;
        private final Map<Reading, Meter> readings = new EnumMap<>(Reading.class);
        private Role role = Role.BOTH;
        private @Nullable Meter roleMeter;

        /** Without meters until the first {@link #register}. */
        EndpointMeters(String name, Listed listed) {
            this.name = name;
            this.id = listed.id();
            this.pool = listed.pool().endpoints();
            this.inFlight = listed.pool().router().inFlight();
        }

        /** Registers the gauges, and the counters that the engine has said by now. */
        void register() {
            registerRole();
            if (readings.size() == Reading.ALL.length) {
                return;
            }
            for (Reading reading : Reading.ALL) {
                boolean counter = reading.meter.kind() == Kind.COUNTER;
                if (readings.containsKey(reading) || (counter && Double.isNaN(value(reading)))) {
                    continue;
                }
                ToDoubleFunction<EndpointReports> value = from -> value(reading);
                String[] labels = reading.labels(pool.name(), name);
                readings.put(
                        reading,
                        counter
                                ? reading.meter.counter(registry, reports, value, labels)
                                : reading.meter.gauge(registry, reports, value, labels));
            }
        }

        /** Its role is a label, which can change; most have none. */
        private void registerRole() {
            Endpoint endpoint = pool.snapshot().find(id);
            if (endpoint == null || endpoint.role() == role) {
                return;
            }
            role = endpoint.role();
            if (roleMeter != null) {
                registry.remove(roleMeter);
            }
            roleMeter = role == Role.BOTH
                    ? null
                    : PoolMeter.ENDPOINT_ROLE.gauge(registry, this, of -> 1, pool.name(), name, role.label());
        }

        /** Removes all of them from the registry. */
        void remove() {
            readings.values().forEach(registry::remove);
            if (roleMeter != null) {
                registry.remove(roleMeter);
            }
        }

        private double value(Reading reading) {
            Number value = switch (reading) {
                case SENT_REQUESTS -> (Long) inFlight.sentRequests(id);
                case EJECTED -> isIn(EndpointState.EJECTED) ? 1 : 0;
                case SENT_PROMPT_TOKENS -> (Long) inFlight.sentPromptTokens(id);
                // Nobody expects one that is not ready to respond as yet, however long ago it did.
                case SCRAPE_AGE ->
                    isIn(EndpointState.UNREADY) ? null : reading.in(reports.report(id), nanoClock.getAsLong());
                default -> reading.in(reports.report(id), nanoClock.getAsLong());
            };
            return value == null ? Double.NaN : value.doubleValue();
        }

        /** Whether operators see it in the same state. */
        private boolean isIn(EndpointState state) {
            Endpoint endpoint = pool.snapshot().find(id);
            return endpoint != null && endpoint.state().label().equals(state.label());
        }

        /** What engines say of their present state and have counted since they started, and what the gateway has sent them. */
        private enum Reading {
            SENT_REQUESTS(PoolMeter.ENDPOINT_REQUESTS),
            SENT_PROMPT_TOKENS(PoolMeter.ENDPOINT_PROMPT_TOKENS),
            EJECTED(PoolMeter.ENDPOINT_EJECTED),
            KV_CACHE_USAGE(PoolMeter.ENGINE_KV_CACHE_USAGE),
            KV_CACHE_CAPACITY(PoolMeter.ENGINE_KV_CACHE_CAPACITY),
            RUNNING(PoolMeter.ENGINE_RUNNING_REQUESTS),
            WAITING(PoolMeter.ENGINE_WAITING_REQUESTS),
            SCRAPE_AGE(PoolMeter.ENGINE_SCRAPE_AGE),
            HIT_RATIO_1M(PoolMeter.ENGINE_HIT_RATIO, "1m"),
            HIT_RATIO_5M(PoolMeter.ENGINE_HIT_RATIO, "5m"),
            HIT_RATIO_60M(PoolMeter.ENGINE_HIT_RATIO, "60m"),
            QUERIED_TOKENS(PoolMeter.ENGINE_QUERIED_TOKENS),
            HIT_TOKENS(PoolMeter.ENGINE_HIT_TOKENS),
            PROMPT_TOKENS(PoolMeter.ENGINE_PROMPT_TOKENS),
            GENERATION_TOKENS(PoolMeter.ENGINE_GENERATION_TOKENS),
            PREEMPTIONS(PoolMeter.ENGINE_PREEMPTIONS),
            REJECTIONS(PoolMeter.ENGINE_REJECTIONS);

            private static final Reading[] ALL = values();

            private final PoolMeter meter;
            private final @Nullable String window;

            Reading(PoolMeter meter) {
                this(meter, null);
            }

            /** @param window the label of the time that it is taken over; null: it is of now */
            Reading(PoolMeter meter, @Nullable String window) {
                this.meter = meter;
                this.window = window;
            }

            private String[] labels(String pool, String endpoint) {
                return window == null ? new String[] {pool, endpoint} : new String[] {pool, endpoint, window};
            }

            /** The value in a report; null where the engine does not say. */
            private @Nullable Number in(EndpointReport report, long nowNanos) {
                VllmMetrics metrics = report.metrics();
                PrefixCacheCounters prefixCache = report.prefixCache();
                return switch (this) {
                    case SENT_REQUESTS, SENT_PROMPT_TOKENS, EJECTED -> null;
                    case KV_CACHE_USAGE -> report.load(nowNanos).kvCacheUsage();
                    case KV_CACHE_CAPACITY -> report.load(nowNanos).capacityTokens();
                    case RUNNING -> report.load(nowNanos).running();
                    case WAITING -> report.load(nowNanos).waiting();
                    case SCRAPE_AGE -> seconds(report.silence(nowNanos));
                    case HIT_RATIO_1M -> report.windows().lastMinute().hitRatio();
                    case HIT_RATIO_5M -> report.windows().last5Minutes().hitRatio();
                    case HIT_RATIO_60M -> report.windows().last60Minutes().hitRatio();
                    case QUERIED_TOKENS -> prefixCache == null ? null : (Long) prefixCache.queriedTokens();
                    case HIT_TOKENS -> prefixCache == null ? null : (Long) prefixCache.hitTokens();
                    case PROMPT_TOKENS -> metrics == null ? null : metrics.promptTokens();
                    case GENERATION_TOKENS -> metrics == null ? null : metrics.generationTokens();
                    case PREEMPTIONS -> metrics == null ? null : metrics.preemptions();
                    case REJECTIONS -> metrics == null ? null : metrics.rejections();
                };
            }

            private static @Nullable Double seconds(@Nullable Duration silence) {
                return silence == null ? null : (Double) (silence.toNanos() / 1e9);
            }
        }
    }
}
