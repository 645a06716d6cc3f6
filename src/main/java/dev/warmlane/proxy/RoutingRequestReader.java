package dev.warmlane.proxy;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.StoredResponses;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingRequest.PrefillBypass;
import dev.warmlane.core.vllm.PrefillBody;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.proxy.access.Tenants.Tenant;
import dev.warmlane.proxy.body.RequestBody;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;

/**
 * Reads from a request what the router of its pool needs: its affinity key, which endpoints can serve it and, if the policy looks
 * at it, the prompt.
 */
final class RoutingRequestReader {
    private final PoolSelector pools;
    private final AffinityKeyResolver keys;
    private final StoredResponses responses;

    RoutingRequestReader(PoolSelector pools, AffinityKeyResolver keys, StoredResponses responses) {
        this.pools = pools;
        this.keys = keys;
        this.responses = responses;
    }

    /**
     * The input of this pool's router.
     *
     * @param path by which a pool with prefill endpoints knows whether one of them can compute the prompt
     * @param affinity whether the request belongs to a session or has a prompt; without, any endpoint is as good as another
     * @param stored the id of the response that it continues or asks for; null: none
     */
    RoutingRequest read(
            ServerHttpRequest request,
            String path,
            @Nullable String id,
            boolean affinity,
            Pool pool,
            @Nullable Tenant tenant,
            RequestBody body,
            @Nullable String stored) {
        EndpointId owner = stored == null ? null : responses.owner(pool.name(), stored);
        Set<EndpointId> unsuited = pools.unsuited(pool, body);
        boolean needsAdapter = pools.needsAdapter(pool, body);
        if (!affinity) {
            return new RoutingRequest(
                    AffinityKey.none(ThreadLocalRandom.current().nextLong()),
                    PromptBlocks.EMPTY,
                    unsuited,
                    owner,
                    body.modelIfRead(),
                    needsAdapter,
                    false,
                    id,
                    PrefillBypass.API);
        }
        body.engine(pool.versions().oldest());
        AffinityKey key = keys.resolve(pools.scope(pool, body), tenant, request, body);
        boolean read = pool.router().readsPrompt(key.source());
        PromptBlocks prompt = read ? body.promptIfReadable() : PromptBlocks.EMPTY;
        return new RoutingRequest(
                key,
                prompt,
                unsuited,
                owner,
                body.modelIfRead(),
                needsAdapter,
                read && body.streamsInTurn(),
                id,
                bypass(path, pool, body));
    }

    /** What keeps a request at one endpoint in a pool whose endpoints have roles; null if nothing does. */
    private static @Nullable PrefillBypass bypass(String path, Pool pool, RequestBody body) {
        if (!pool.endpoints().snapshot().hasRoles()) {
            return null;
        }
        if (PrefillBody.Api.ofPath(path) == null || !body.isJson()) {
            return PrefillBypass.API;
        }
        PrefillBody.Obstacle obstacle = PrefillBody.obstacle(body.bytes());
        return obstacle == null ? null : PrefillBypass.valueOf(obstacle.name());
    }
}
