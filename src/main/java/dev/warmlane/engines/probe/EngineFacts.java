package dev.warmlane.engines.probe;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointLoad;
import dev.warmlane.core.routing.Router;
import dev.warmlane.core.vllm.EngineVersion;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.settings.WarmlaneSettings.IndexSettings;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells each pool what its engines say of themselves and the gateway cannot know: their release, the size of their KV caches,
 * requests that others may have sent them, and whether they sleep. For one thread.
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
            for (Endpoint endpoint : pool.endpoints().snapshot().endpoints()) {
                EndpointReport report = reports.report(endpoint.id());
                tell(pool.router(), endpoint.id(), report);
                pool.health().sleeps(endpoint.id(), report.asleep(nanoClock.getAsLong()));
                if (report.scrapedAtNanos() != null) {
                    scrapes.put(endpoint.id(), report.scrapedAtNanos());
                }
                EngineVersion version = EngineVersion.parse(report.version());
                if (version != null) {
                    versions.put(endpoint.id(), version);
                }
            }
            pool.versions().learn(versions);
        }
        lastScrapes = scrapes;
    }

    private void tell(Router router, EndpointId endpoint, EndpointReport report) {
        EndpointLoad load = report.load();
        Long tokens = capacityTokens(load);
        if (tokens != null) {
            // Each time: how many blocks that is follows the bytes that a token turns out to have.
            router.capacity(endpoint, tokens);
        }
        // A reading that is as old as the last says nothing new.
        boolean fresh =
                report.scrapedAtNanos() != null && !report.scrapedAtNanos().equals(lastScrapes.get(endpoint));
        if (fresh && load.running() != null && load.waiting() != null) {
            router.reported(endpoint, load.running() + load.waiting());
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
