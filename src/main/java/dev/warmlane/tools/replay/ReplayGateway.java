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
import dev.warmlane.core.routing.PoolLoad.ReplicaLoad;
import dev.warmlane.core.routing.PoolMemory;
import dev.warmlane.core.routing.Router;
import dev.warmlane.core.sharing.PoolShare;
import dev.warmlane.core.sharing.Replication;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.replay.load.LoadRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One gateway as a replay sees it: the real routing core, without anything that listens. */
final class ReplayGateway {
    private static final int MAX_BINDINGS = 1_000_000;
    private static final int MAX_FACTS = 100_000;
    private static final int BLOCK_SIZE_BYTES = Load.BLOCK_SIZE_TOKENS * LoadRequest.BYTES_PER_TOKEN;
    private static final Duration TTL = Duration.ofHours(2);

    private final EndpointPool pool = new EndpointPool("replay");
    private final InFlight inFlight = new InFlight();
    private final Router router;

    /**
     * @param indexBlocks what the index believes each endpoint's cache to hold
     * @param sharing carries what it tells the others; null: it tells nothing
     */
    ReplayGateway(
            PolicyMaker maker, long indexBlocks, Ticker clock, long seed, int number, @Nullable ReplaySharing sharing) {
        AffinityTable table = new AffinityTable(MAX_BINDINGS, TTL, clock);
        PoolMemory memory = sharing == null
                ? new PoolMemory(
                        table,
                        new PrefixIndex(indexBlocks, clock::read),
                        BLOCK_SIZE_BYTES,
                        inFlight,
                        ReplicaLoad.NONE,
                        seed,
                        clock::read)
                : shared(table, PrefixIndex.linked(indexBlocks, clock::read), clock, seed, number, sharing);
        this.router = new Router(
                pool,
                maker.make(clock),
                memory,
                new DecisionLog(1, () -> Instant.ofEpochSecond(0, clock.read())),
                HealthWatch.NONE);
    }

    private PoolMemory shared(
            AffinityTable table, PrefixIndex index, Ticker clock, long seed, int number, ReplaySharing sharing) {
        Replication replication =
                new Replication(Integer.toString(number), table, MAX_FACTS, clock::read, incomplete -> {
                    throw new IllegalStateException("gateway %s dropped facts".formatted(incomplete));
                });
        PoolShare share = replication.share(pool, index, inFlight);
        sharing.join(replication);
        return new PoolMemory(
                replication.bindings(), share.contents(), BLOCK_SIZE_BYTES, inFlight, share.load(), seed, clock::read);
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
