package dev.warmlane.proxy;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.StoredResponses;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.routing.RoutingRequest.PrefillBypass;
import dev.warmlane.core.vllm.EngineVersion;
import dev.warmlane.core.vllm.GenerationRequest;
import dev.warmlane.core.vllm.PrefillBody;
import dev.warmlane.engines.models.ModelNames;
import dev.warmlane.engines.models.ModelNames.Name;
import dev.warmlane.engines.models.ModelNames.Resolved;
import dev.warmlane.engines.models.ModelNames.Target;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pool.Prewarming;
import dev.warmlane.proxy.NamedModels.NamedModel;
import dev.warmlane.proxy.access.Authenticator.Identity;
import dev.warmlane.proxy.access.Authenticator.Identity.Allowance;
import dev.warmlane.proxy.access.ClientRights;
import dev.warmlane.proxy.access.Tenants.Tenant;
import dev.warmlane.proxy.access.TokenCharge;
import dev.warmlane.proxy.body.BufferedBody;
import dev.warmlane.proxy.body.RequestBody;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.http.RouteTraits;
import dev.warmlane.proxy.http.WebSocketUpgrade;
import dev.warmlane.proxy.outcome.RequestOutcome;
import dev.warmlane.proxy.outcome.RequestProgress;
import dev.warmlane.proxy.outcome.RequestProgress.LoggedRequest;
import dev.warmlane.proxy.prewarm.SharedPromptReader;
import dev.warmlane.settings.PoolSettings;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;

/**
 * Reads what routing needs to know of a request, and no more: the pool, the affinity key and, where the policy looks at it, the
 * prompt.
 */
final class ExchangeReader {
    /** A path by which no prompt is computed elsewhere: one endpoint serves all of a copy. */
    private static final String MIRRORED = "";

    private final PoolSelector pools;
    private final NamedModels names;
    private final AffinityKeyResolver keys;
    private final StoredResponses responses;
    private final boolean asksForUsage;
    private final boolean logged;
    private final @Nullable ClientRights rights;

    /**
     * A reader for all routes.
     *
     * @param logged whether the access log wants to know what a body says
     * @param rights null where nobody is asked who they are
     */
    ExchangeReader(
            PoolSelector pools,
            NamedModels names,
            AffinityKeyResolver keys,
            StoredResponses responses,
            boolean asksForUsage,
            boolean logged,
            @Nullable ClientRights rights) {
        this.pools = pools;
        this.names = names;
        this.keys = keys;
        this.responses = responses;
        this.asksForUsage = asksForUsage;
        this.logged = logged;
        this.rights = rights;
    }

    /** @param routeHost the host of the route's URI, which names the pool */
    RoutedExchange read(ServerWebExchange exchange, String routeHost, BufferedBody buffered) {
        long startedNanos = System.nanoTime();
        RequestBody body = body(exchange.getRequest(), buffered);
        if (RouteTraits.of(exchange).webSocket()) {
            WebSocketUpgrade.check(exchange.getRequest());
        }
        Name name = name(body);
        NamedModel named = null;
        if (name != null) {
            Identity identity = identity(exchange);
            Tenant tenant = tenant(identity);
            named = names.resolve(
                    name, exchange.getRequest(), body, storedResponse(null, body), identity, tenant, startedNanos);
        }
        return route(exchange, routeHost, body, named, startedNanos, null);
    }

    /**
     * The same request for the next model that its name stands for, whose endpoints could serve it now; null if there is none.
     *
     * @param before has not begun to answer
     */
    @Nullable
    RoutedExchange next(ServerWebExchange exchange, String routeHost, RoutedExchange before) {
        NamedModel named = before.named();
        NamedModel next = named == null ? null : names.next(named);
        if (next == null) {
            return null;
        }
        RequestBody body = before.requestBody();
        body.model(next.target().model());
        return route(exchange, routeHost, body, next, next.startedNanos(), before.charge());
    }

    /** What the body calls its model, where that is a name for one; else null. */
    @Nullable
    Name name(RequestBody body) {
        ModelNames known = pools.names();
        return known.isEmpty() ? null : known.find(body.lastModel());
    }

    /** @param charged what the request was charged before; null: nothing yet */
    private RoutedExchange route(
            ServerWebExchange exchange,
            String routeHost,
            RequestBody body,
            @Nullable NamedModel named,
            long startedNanos,
            @Nullable TokenCharge charged) {
        RouteTraits traits = RouteTraits.of(exchange);
        if (traits.affinity() && body.isJson() && pools.readPrompts()) {
            // As it will be read anyhow, it can be read first: of several models the engine takes the last.
            body.parseIfReadable();
        }
        ServerHttpRequest request = exchange.getRequest();
        Identity identity = identity(exchange);
        Tenant tenant = tenant(identity);
        Resolved target = named == null ? null : named.target();
        String path = request.getURI().getRawPath();
        if (rights != null && identity != null) {
            Predicate<EngineVersion> engines = release -> {
                Pool pool = pools.select(routeHost, body, target, null, identity.allowance());
                return pool.versions()
                        .allSince(release, pool.endpoints().snapshot().endpoints());
            };
            rights.isolate(path, traits, engines, tenant, body);
            rights.checkModel(identity, body);
            rights.limitPriority(identity, body);
        }
        String asked = traits.storedResponse(path);
        String stored = traits.storesResponses() ? storedResponse(asked, body) : null;
        if (asked != null && body.model() == null && !pools.mayHave(routeHost, asked)) {
            throw ApiException.unknownResponse();
        }
        Pool pool = pools.select(
                routeHost, body, target, stored, identity == null ? Allowance.UNLIMITED : identity.allowance());
        RequestOutcome outcome = RequestOutcome.of(exchange);
        outcome.pool(pool.name());
        String model = body.model();
        outcome.model(
                named == null ? model : named.name(),
                model == null ? pools.firstModel(pool) : model,
                named != null && named.at() > 0);
        if (traits.webSocket() && rights != null && identity != null) {
            rights.checkModels(identity, pools.models(pool));
        }
        String id = outcome.requestId();
        RoutingRequest routing = routing(request, path, id, traits.affinity(), pool, tenant, body, stored);
        Prewarming prewarming = pool.prewarming();
        if (prewarming != null && traits.affinity()) {
            SharedPromptReader.read(prewarming.shared(), path, keys.sender(routing.key(), request), body);
        }
        TokenCharge charge = rights == null || identity == null || charged != null
                ? charged
                : rights.charge(identity, traits.affinity(), body);
        LoggedRequest kept = logged ? LoggedRequest.of(routing, body, traits.affinity()) : null;
        // Tokens that are limited must be known, whether or not the client asked.
        boolean asks = asksForUsage || (charge != null && charge.isLimited());
        boolean usageAsked = asks && traits.usageChunk() && body.askForUsageChunk();
        boolean makes = traits.storesResponses() && HttpMethod.POST.equals(request.getMethod()) && asked == null;
        body.forgetPrompt();
        RequestProgress progress = new RequestProgress(routing.key(), kept, startedNanos);
        outcome.progress(progress);
        RoutedExchange routed = new RoutedExchange(
                pool, routing, body, named, usageAsked, id, progress, charge, makes ? responses : null);
        if (traits.webSocket()) {
            routed.namesSaid(said -> names.modelSaid(said, pool, named, tenant, request, body));
        }
        return routed;
    }

    /**
     * A request as it goes to a second pool.
     *
     * @param authenticated whether the client's key was for the gateway
     */
    record Mirrored(Pool pool, RoutingRequest request, String requestId, boolean authenticated) {}

    /** The same request for another model, whose name is put into the body. Fails as {@link #read} does. */
    Mirrored mirrored(ServerWebExchange exchange, BufferedBody buffered, Target target) {
        ServerHttpRequest request = exchange.getRequest();
        RequestBody body = body(request, buffered);
        NamedModel named = names.mirrored(target);
        body.model(target.model());
        Pool pool = pools.select(PoolSettings.BY_MODEL, body, named.target(), null, Allowance.UNLIMITED);
        Identity identity = identity(exchange);
        Tenant tenant = tenant(identity);
        String id = RequestOutcome.of(exchange).requestId();
        boolean affinity = RouteTraits.of(exchange).affinity();
        return new Mirrored(
                pool, routing(request, MIRRORED, id, affinity, pool, tenant, body, null), id, identity != null);
    }

    private @Nullable Identity identity(ServerWebExchange exchange) {
        return rights == null ? null : rights.identity(exchange);
    }

    private @Nullable Tenant tenant(@Nullable Identity identity) {
        return rights == null || identity == null ? null : rights.tenant(identity);
    }

    static RequestBody body(ServerHttpRequest request, BufferedBody buffered) {
        String query = request.getURI().getRawQuery();
        return new RequestBody(
                buffered,
                request.getHeaders().getFirst("Content-Type"),
                query == null ? null : request.getQueryParams().getFirst("model"));
    }

    /** The id of the stored response that the path or else the body names; of several the engine takes the last. */
    static @Nullable String storedResponse(@Nullable String inPath, RequestBody body) {
        GenerationRequest request = inPath == null && body.isJson() ? body.parseIfReadable() : null;
        List<String> continued = request == null ? List.of() : request.previousResponses();
        return continued.isEmpty() ? inPath : continued.get(continued.size() - 1);
    }

    /** What keeps a request at one endpoint in a pool whose endpoints have roles; null if nothing does. */
    private static @Nullable PrefillBypass whole(String path, Pool pool, RequestBody body) {
        if (!pool.endpoints().snapshot().hasRoles()) {
            return null;
        }
        if (PrefillBody.Api.ofPath(path) == null || !body.isJson()) {
            return PrefillBypass.API;
        }
        PrefillBody.Obstacle obstacle = PrefillBody.obstacle(body.bytes());
        return obstacle == null ? null : PrefillBypass.valueOf(obstacle.name());
    }

    /** What the router is told of a request that goes to this pool. */
    RoutingRequest routing(
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
                    id,
                    PrefillBypass.API);
        }
        body.engine(pool.versions().oldest());
        AffinityKey key = keys.resolve(pools.scope(pool, body), tenant, request, body);
        boolean read = pool.router().readsPrompt(key.source());
        PromptBlocks prompt = read ? body.promptIfReadable() : PromptBlocks.EMPTY;
        return new RoutingRequest(
                key, prompt, unsuited, owner, body.modelIfRead(), needsAdapter, id, whole(path, pool, body));
    }
}
