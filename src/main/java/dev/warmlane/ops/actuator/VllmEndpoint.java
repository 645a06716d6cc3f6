package dev.warmlane.ops.actuator;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointLoad;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.vllm.ModelCard;
import dev.warmlane.core.vllm.VllmMetrics;
import dev.warmlane.core.vllm.VllmMetrics.PrefixCacheCounters;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.probe.EndpointReport;
import dev.warmlane.engines.probe.EndpointReport.EndpointReports;
import dev.warmlane.engines.probe.PrefixCacheHistory.PrefixCacheWindows;
import dev.warmlane.ops.actuator.EndpointStatus.EjectionStatus;
import dev.warmlane.ops.actuator.EndpointStatus.PrefixCacheStatus;
import dev.warmlane.ops.actuator.EndpointStatus.ScrapeStatus;
import dev.warmlane.ops.actuator.VllmEndpoint.VllmStatus.PoolStatus;
import dev.warmlane.ops.actuator.VllmEndpoint.VllmStatus.PoolTotals;
import dev.warmlane.ops.actuator.VllmEndpoint.VllmStatus.QueueStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.Selector.Match;

/**
 * {@code GET /actuator/vllm}: all pools and endpoints; {@code GET /actuator/vllm/{id or name}}: one endpoint, or all ranks of a
 * server, or 404. Merges discovery, the scraper's reports and the gateway's own counts. Safe from any thread.
 */
@org.springframework.boot.actuate.endpoint.annotation.Endpoint(id = "vllm")
public final class VllmEndpoint {
    private final Pools pools;
    private final EndpointReports reports;
    private final LongSupplier nanoClock;

    /** @param nanoClock the scraper's clock */
    public VllmEndpoint(Pools pools, EndpointReports reports, LongSupplier nanoClock) {
        this.pools = pools;
        this.reports = reports;
        this.nanoClock = nanoClock;
    }

    /** Every pool as it is now, with its totals and endpoints. */
    @ReadOperation
    public VllmStatus status() {
        return new VllmStatus(pools.all().stream().map(this::statusOf).toList());
    }

    /**
     * One endpoint as it is now, or a server with several data-parallel ranks; 404 if there is neither.
     *
     * @param idOrName its id, in any pool, else its name; a URL's slashes make it several segments of a path, and of two in a row
     *     only one need be there
     */
    @ReadOperation
    public Object find(@Selector(match = Match.ALL_REMAINING) String... idOrName) {
        String wanted = withSingleSlashes(String.join("/", idOrName));
        List<EndpointStatus> found = firstWith(endpoint -> isCalled(wanted, endpoint.id()));
        if (found.isEmpty()) {
            found = firstWith(endpoint -> endpoint.name().equals(wanted));
        }
        if (!found.isEmpty()) {
            return found.get(0);
        }
        List<EndpointStatus> ranks = firstWith(endpoint -> endpoint.id().isRank()
                && (isCalled(wanted, endpoint.id().server())
                        || endpoint.serverName().equals(wanted)));
        if (ranks.isEmpty()) {
            throw Named.unknownEndpoint(wanted);
        }
        return new ServerStatus(Objects.requireNonNull(ranks.get(0).server()), ranks);
    }

    /** All such endpoints of the first pool that has any. */
    private List<EndpointStatus> firstWith(Predicate<Endpoint> wanted) {
        for (Pool pool : pools.all()) {
            List<EndpointStatus> found = pool.endpoints().snapshot().endpoints().stream()
                    .filter(wanted)
                    .map(endpoint -> statusOf(pool, endpoint, reports.report(endpoint.id())))
                    .toList();
            if (!found.isEmpty()) {
                return found;
            }
        }
        return List.of();
    }

    private static boolean isCalled(String wanted, EndpointId id) {
        return withSingleSlashes(id.value()).equals(wanted);
    }

    /**
     * A server with several data-parallel ranks.
     *
     * @param server its name
     * @param ranks in the order of discovery
     */
    public record ServerStatus(String server, List<EndpointStatus> ranks) {
        public ServerStatus {
            ranks = List.copyOf(ranks);
        }
    }

    /** One pool as it is now. */
    public PoolStatus statusOf(Pool pool) {
        EndpointSnapshot snapshot = pool.endpoints().snapshot();
        List<EndpointStatus> endpoints = new ArrayList<>(snapshot.endpoints().size());
        PrefixCacheCounters life = PrefixCacheCounters.NONE;
        PrefixCacheWindows windows = PrefixCacheWindows.NONE;
        for (Endpoint endpoint : snapshot.endpoints()) {
            EndpointReport report = reports.report(endpoint.id());
            endpoints.add(statusOf(pool, endpoint, report));
            life = life.plus(Objects.requireNonNullElse(report.prefixCache(), PrefixCacheCounters.NONE));
            windows = windows.plus(report.windows());
        }
        PoolTotals totals = new PoolTotals(
                endpoints.size(),
                snapshot.healthy(),
                PrefixCacheStatus.of(life, windows),
                endpoints.stream()
                        .mapToLong(endpoint -> orZero(endpoint.running()))
                        .sum(),
                endpoints.stream()
                        .mapToLong(endpoint -> orZero(endpoint.waiting()))
                        .sum(),
                endpoints.stream().mapToLong(EndpointStatus::inFlight).sum(),
                QueueStatus.of(pool));
        return new PoolStatus(pool.name(), totals, snapshot.isPanic(), endpoints);
    }

    private EndpointStatus statusOf(Pool pool, Endpoint endpoint, EndpointReport report) {
        EndpointLoad load = report.load(nanoClock.getAsLong());
        VllmMetrics metrics = report.metrics();
        return new EndpointStatus(
                endpoint.id().value(),
                endpoint.name(),
                endpoint.uri().toString(),
                endpoint.id().isRank() ? endpoint.serverName() : null,
                endpoint.id().isRank() ? endpoint.id().rank() : null,
                endpoint.state().label(),
                endpoint.loadShare(),
                endpoint.role() == Role.BOTH ? null : endpoint.role().label(),
                EjectionStatus.of(pool.health().of(endpoint.id()), nanoClock.getAsLong()),
                PrefixCacheStatus.of(report.prefixCache(), report.windows()),
                load.kvCacheUsage(),
                load.running(),
                load.waiting(),
                pool.router().inFlight().requests(endpoint.id()),
                load.blockSizeTokens(),
                load.blocks(),
                load.prefixCaching(),
                metrics == null ? null : metrics.promptTokens(),
                metrics == null ? null : metrics.generationTokens(),
                report.version(),
                report.models().stream().map(ModelCard::id).toList(),
                ScrapeStatus.of(report, nanoClock.getAsLong()));
    }

    private static long orZero(@Nullable Long count) {
        return count == null ? 0 : count;
    }

    private static String withSingleSlashes(String text) {
        return text.replaceAll("/{2,}", "/");
    }

    /** The response of {@code GET /actuator/vllm}. */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record VllmStatus(List<PoolStatus> pools) {
        public VllmStatus {
            pools = List.copyOf(pools);
        }

        /**
         * One pool.
         *
         * @param pool its name
         * @param totals over the endpoints that follow
         * @param panic whether so few endpoints are healthy that all are used
         * @param endpoints in the order of discovery
         */
        @JsonInclude(JsonInclude.Include.ALWAYS)
        public record PoolStatus(String pool, PoolTotals totals, boolean panic, List<EndpointStatus> endpoints) {
            public PoolStatus {
                endpoints = List.copyOf(endpoints);
            }
        }

        /**
         * Sums over the endpoints of a pool. An endpoint that does not say a number adds nothing to its sum.
         *
         * @param endpoints how many there are
         * @param selectable how many of them take requests that belong to no endpoint yet, because they are healthy; in a panic, fewer
         *     than do
         * @param prefixCache sums of the endpoints' own counters, ratios of sums
         * @param running requests in the engines' batches
         * @param waiting requests queued in the engines
         * @param inFlight requests that the gateway has in flight
         * @param queue requests that wait in the gateway
         */
        @JsonInclude(JsonInclude.Include.ALWAYS)
        public record PoolTotals(
                int endpoints,
                int selectable,
                PrefixCacheStatus prefixCache,
                long running,
                long waiting,
                long inFlight,
                QueueStatus queue) {}

        /**
         * The requests of a pool that wait in the gateway because every endpoint is full.
         *
         * @param depth how many there are
         * @param maxEntries how many there may be
         * @param maxRequestsPerEndpoint requests in flight that make an endpoint full
         * @param endedPerSecond requests of the pool that ended per second, lately
         */
        public record QueueStatus(int depth, int maxEntries, int maxRequestsPerEndpoint, double endedPerSecond) {

            static QueueStatus of(Pool pool) {
                return new QueueStatus(
                        pool.queue().waiting(),
                        pool.queue().limits().maxEntries(),
                        pool.router().inFlight().maxRequests(),
                        pool.queue().endedPerSecond());
            }
        }
    }
}
