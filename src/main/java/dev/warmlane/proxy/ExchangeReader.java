package dev.warmlane.proxy;

import dev.warmlane.core.affinity.StoredResponses;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.core.vllm.EngineVersion;
import dev.warmlane.core.vllm.GenerationRequest;
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
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;

/** Reads from a request what is needed to serve it: its pool, the input of the pool's router, what its client may do. */
final class ExchangeReader {
    /** A path by which no prompt is computed elsewhere: one endpoint serves all of a copy. */
    private static final String MIRRORED = "";

    private final PoolSelector pools;
    private final NamedModels names;
    private final RoutingRequestReader routing;
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
            RoutingRequestReader routing,
            AffinityKeyResolver keys,
            StoredResponses responses,
            boolean asksForUsage,
            boolean logged,
            @Nullable ClientRights rights) {
        this.pools = pools;
        this.names = names;
        this.routing = routing;
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
     * @param before whose response has not begun
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
        return route(exchange, routeHost, body, next, next.startedNanos(), before);
    }

    /** What the body calls its model, where that is a name for one; else null. */
    @Nullable
    Name name(RequestBody body) {
        ModelNames known = pools.names();
        return known.isEmpty() ? null : known.find(body.lastModel());
    }

    /** @param before the same request for an earlier model of its name; null: it is for the first */
    private RoutedExchange route(
            ServerWebExchange exchange,
            String routeHost,
            RequestBody body,
            @Nullable NamedModel named,
            long startedNanos,
            @Nullable RoutedExchange before) {
        RouteTraits traits = RouteTraits.of(exchange);
        if (traits.affinity() && body.isJson() && pools.readPrompts()) {
            // As it will be read anyhow, it can be read first: of several models the engine takes the last.
            body.parseIfReadable();
        }
        ServerHttpRequest request = exchange.getRequest();
        String path = request.getURI().getRawPath();
        Identity identity = identity(exchange);
        Tenant tenant = tenant(identity);
        Resolved target = named == null ? null : named.target();
        if (rights != null && identity != null) {
            rights.isolate(path, traits, release -> allSince(release, routeHost, body, target, identity), tenant, body);
            rights.checkModel(identity, body);
            rights.limitPriority(identity, body);
        }
        String inPath = traits.storedResponse(path);
        String stored = traits.storesResponses() ? storedResponse(inPath, body) : null;
        if (inPath != null && body.model() == null && !pools.mayHave(routeHost, inPath)) {
            throw ApiException.unknownResponse();
        }
        Pool pool = pools.select(
                routeHost, body, target, stored, identity == null ? Allowance.UNLIMITED : identity.allowance());
        RequestOutcome outcome = RequestOutcome.of(exchange);
        tell(outcome, pool, body, named);
        if (traits.webSocket() && rights != null && identity != null) {
            rights.checkModels(identity, pools.models(pool));
        }
        String id = outcome.requestId();
        RoutingRequest routed = routing.read(request, path, id, traits.affinity(), pool, tenant, body, stored);
        Prewarming prewarming = pool.prewarming();
        if (prewarming != null && traits.affinity()) {
            SharedPromptReader.read(prewarming.shared(), path, keys.sender(routed.key(), request), body);
        }
        TokenCharge charge = before != null
                ? before.charge()
                : rights == null || identity == null ? null : rights.charge(identity, traits.affinity(), body);
        LoggedRequest kept = logged ? LoggedRequest.of(routed, body, traits.affinity()) : null;
        boolean usageNeeded = needsUsage(charge);
        boolean usageAsked = usageNeeded && traits.usageChunk() && body.askForUsageChunk();
        boolean makes = traits.storesResponses() && HttpMethod.POST.equals(request.getMethod()) && inPath == null;
        body.forgetPrompt();
        RequestProgress progress = before == null
                ? new RequestProgress(routed.key(), kept, startedNanos)
                : before.progress().next(routed.key(), kept);
        outcome.progress(progress);
        RoutedExchange read = new RoutedExchange(
                pool, routed, body, named, usageNeeded, usageAsked, id, progress, charge, makes ? responses : null);
        if (traits.webSocket()) {
            read.namesSaid(said -> names.modelSaid(said, pool, named, tenant, request, body));
        }
        return read;
    }

    /** Whether all engines that could serve the request are of this release or a later one. */
    private boolean allSince(
            EngineVersion release, String routeHost, RequestBody body, @Nullable Resolved target, Identity identity) {
        Pool pool = pools.select(routeHost, body, target, null, identity.allowance());
        return pool.versions().allSince(release, pool.endpoints().snapshot().endpoints());
    }

    private void tell(RequestOutcome outcome, Pool pool, RequestBody body, @Nullable NamedModel named) {
        outcome.pool(pool.name());
        String model = body.model();
        outcome.model(
                named == null ? model : named.name(),
                model == null ? pools.firstModel(pool) : model,
                named != null && named.at() > 0);
    }

    /** Tokens that are limited must be known, whether or not the client asked. */
    private boolean needsUsage(@Nullable TokenCharge charge) {
        return asksForUsage || (charge != null && charge.isLimited());
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
                pool, routing.read(request, MIRRORED, id, affinity, pool, tenant, body, null), id, identity != null);
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
}
