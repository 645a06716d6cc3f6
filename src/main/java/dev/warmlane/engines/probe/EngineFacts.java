package dev.warmlane.engines.probe;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointLoad;
import dev.warmlane.core.endpoint.Endpoint.EndpointLoad.EndpointAdapters;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.reuse.CacheUse;
import dev.warmlane.core.routing.EndpointNotes;
import dev.warmlane.core.vllm.EngineVersion;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.probe.EndpointReport.EndpointReports;
import dev.warmlane.settings.WarmlaneSettings.IndexSettings;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells each pool what only its engines know of themselves: their release, the size of their KV caches, requests that others may
 * have sent them, and whether they sleep. For one thread.
 */
public final class EngineFacts {
    private final Pools pools;
    private final EndpointReports reports;
    private final IndexSettings settings;
    private final LongSupplier nanoClock;
    private Map<EndpointId, Long> lastScrapes = new HashMap<>();

    /** @param nanoClock the scraper's clock */
    public EngineFacts(Pools pools, EndpointReports reports, IndexSettings settings, LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        this.pools = pools;
        this.reports = reports;
        this.settings = settings;
    }

    /** Tells what the latest reports say. */
    public void refresh() {
        Map<EndpointId, Long> scrapes = new HashMap<>();
        for (Pool pool : pools.all()) {
            Map<EndpointId, EngineVersion> versions = new HashMap<>();
            double tokens = 0;
            int known = 0;
            for (Endpoint endpoint : pool.endpoints().snapshot().endpoints()) {
                EndpointReport report = reports.report(endpoint.id());
                Long capacity = capacityTokens(report.load());
                if (capacity != null) {
                    tokens += capacity;
                    known++;
                }
                tell(pool.router().notes(), endpoint.id(), report, capacity);
                pool.health().checks().sleeps(endpoint.id(), report.asleep(nanoClock.getAsLong()));
                if (report.scrapedAtNanos() != null) {
                    scrapes.put(endpoint.id(), report.scrapedAtNanos());
                }
                EngineVersion version = EngineVersion.parse(report.version());
                if (version != null) {
                    versions.put(endpoint.id(), version);
                }
            }
            pool.versions().learn(versions);
            CacheUse cacheUse = pool.router().cacheUse();
            if (cacheUse != null && known > 0) {
                // Those that do not say are as large as the others are on average.
                cacheUse.capacity(
                        tokens / known * pool.endpoints().snapshot().endpoints().size());
            }
        }
        lastScrapes = scrapes;
    }

    private void tell(EndpointNotes notes, EndpointId endpoint, EndpointReport report, @Nullable Long tokens) {
        EndpointLoad load = report.load();
        if (tokens != null) {
            // Each time: how many blocks that is follows the bytes that a token turns out to have.
            notes.capacity(endpoint, tokens);
        }
        // A reading that is as old as the last says nothing new.
        boolean fresh =
                report.scrapedAtNanos() != null && !report.scrapedAtNanos().equals(lastScrapes.get(endpoint));
        if (fresh && load.running() != null && load.waiting() != null) {
            notes.reported(endpoint, load.running() + load.waiting());
        }
        EndpointAdapters adapters =
                !fresh || report.metrics() == null ? null : report.metrics().adapters();
        if (adapters != null) {
            notes.reported(endpoint, adapters);
        }
    }

    private @Nullable Long capacityTokens(EndpointLoad load) {
        if (settings.tokensPerEndpoint() > 0) {
            return settings.tokensPerEndpoint();
        }
        Long reported = load.capacityTokens();
        return reported == null ? null : Math.max(1, Math.min(reported, settings.maxTokensPerEndpoint()));
    }
}
