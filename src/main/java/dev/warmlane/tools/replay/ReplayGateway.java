package dev.warmlane.tools.replay;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.HealthWatch;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.routing.DecisionLog;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.routing.PoolMemory;
import dev.warmlane.core.routing.Router;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.replay.load.LoadRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** One gateway as a replay sees it: the real routing core, without anything that listens. */
final class ReplayGateway {
    private static final int MAX_BINDINGS = 1_000_000;
    private static final Duration TTL = Duration.ofHours(2);

    private final EndpointPool pool = new EndpointPool("replay");
    private final InFlight inFlight = new InFlight();
    private final Router router;

    /** @param indexBlocks what the index believes each endpoint's cache to hold */
    ReplayGateway(PolicyMaker maker, long indexBlocks, Ticker clock, long seed) {
        PoolMemory memory = new PoolMemory(
                new AffinityTable(MAX_BINDINGS, TTL, clock),
                new PrefixIndex(indexBlocks),
                Load.BLOCK_SIZE_TOKENS * LoadRequest.BYTES_PER_TOKEN,
                inFlight,
                seed);
        this.router = new Router(
                pool,
                maker.make(clock),
                memory,
                new DecisionLog(1, () -> Instant.ofEpochSecond(0, clock.read())),
                HealthWatch.NONE);
    }

    Router router() {
        return router;
    }

    void endpoints(List<Endpoint> endpoints) {
        pool.replace(endpoints);
    }

    /** @throws IllegalStateException if anything still counts as in flight at this endpoint */
    void checkNothingInFlight(EndpointId endpoint) {
        int requests = inFlight.requests(endpoint);
        long promptTokens = inFlight.promptTokens(endpoint);
        long prefillTokens = inFlight.prefillTokens(endpoint);
        if (requests != 0 || promptTokens != 0 || prefillTokens != 0) {
            throw new IllegalStateException(
                    "%s in flight: %d requests, %d prompt tokens, %d prefill tokens (expected: 0)"
                            .formatted(endpoint, requests, promptTokens, prefillTokens));
        }
    }
}
