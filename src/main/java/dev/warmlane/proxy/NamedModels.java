package dev.warmlane.proxy;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.engines.models.ModelNames.Mirror;
import dev.warmlane.engines.models.ModelNames.Name;
import dev.warmlane.engines.models.ModelNames.Resolved;
import dev.warmlane.engines.models.ModelNames.Target;
import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.proxy.access.Authenticator.Identity;
import dev.warmlane.proxy.access.ClientRights;
import dev.warmlane.proxy.access.Tenants.Tenant;
import dev.warmlane.proxy.body.RequestBody;
import dev.warmlane.proxy.error.ApiException;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;

/** Chooses which model serves a request whose client calls its model by a configured name. Safe for concurrent use. */
final class NamedModels {
    private final PoolSelector selector;
    private final Pools pools;
    private final ServedModels models;
    private final AffinityKeyResolver keys;
    private final @Nullable ClientRights rights;

    /** @param rights null where nobody is asked who they are */
    NamedModels(
            PoolSelector selector,
            Pools pools,
            ServedModels models,
            AffinityKeyResolver keys,
            @Nullable ClientRights rights) {
        this.selector = selector;
        this.pools = pools;
        this.models = models;
        this.keys = keys;
        this.rights = rights;
    }

    /**
     * Puts a model in the place of the name that stands for it. Fails with 403 if the client may use none of the name's models, with
     * 503 if none of them is served.
     *
     * @param storedResponse the id of the response that the request continues: the models of the pool that made it come first
     */
    NamedModel resolve(
            Name name,
            ServerHttpRequest request,
            RequestBody body,
            @Nullable String storedResponse,
            @Nullable Identity identity,
            @Nullable Tenant tenant,
            long startedNanos) {
        Pool maker = selector.maker(storedResponse);
        List<Resolved> targets = maker == null
                ? models.names()
                        .resolve(
                                name,
                                () -> keys.sticky(name.name(), tenant, request, body)
                                        .hash())
                : servedFirst(maker, models.names().resolve(name, null));
        if (rights != null && identity != null) {
            rights.checkModel(identity, body);
            targets = rights.allowed(identity, name.name(), targets);
        }
        NamedModel named = served(new NamedModel(name.name(), targets, 0, name.mirror(), startedNanos));
        body.model(named.target().model());
        return named;
    }

    /** The model that requests are mirrored to, as if it were a name for itself. Fails with 503 if it is not served. */
    NamedModel mirrored(Target target) {
        return served(new NamedModel(
                target.model(),
                List.of(new Resolved(target.model(), target.pool(), List.of())),
                0,
                null,
                System.nanoTime()));
    }

    /** The name, served by the next of its models that has a selectable endpoint; null if there is none. */
    @Nullable
    NamedModel next(NamedModel before) {
        return available(before, before.at() + 1);
    }

    /** The engine's name of a model that a message of a WebSocket names. */
    String modelSaid(
            String said,
            Pool pool,
            @Nullable NamedModel named,
            @Nullable Tenant tenant,
            ServerHttpRequest request,
            RequestBody body) {
        Name name = models.names().find(said);
        if (name == null) {
            return said;
        }
        if (named != null && named.name().equals(said)) {
            return named.target().model();
        }
        List<Resolved> targets = models.names()
                .resolve(name, () -> keys.sticky(said, tenant, request, body).hash());
        for (Resolved each : targets) {
            if (isOf(pool, each)) {
                return each.model();
            }
        }
        return said;
    }

    /** The models that a pool serves before all others. */
    private List<Resolved> servedFirst(Pool pool, List<Resolved> targets) {
        return targets.stream()
                .sorted(Comparator.comparing(each -> !isOf(pool, each)))
                .toList();
    }

    private boolean isOf(Pool wanted, Resolved target) {
        Pool pool = pool(target);
        return pool != null && pool.name().equals(wanted.name());
    }

    /** The name, served by the first of its models that can serve it now, else by the first that is known. Fails with 503 if none is. */
    private NamedModel served(NamedModel given) {
        NamedModel available = available(given, 0);
        if (available != null) {
            return available;
        }
        for (int i = 0; i < given.targets().size(); i++) {
            if (pool(given.targets().get(i)) != null) {
                return given.at(i);
            }
        }
        models.missed();
        throw ApiException.noEndpointServes(given.target().model(), given.name());
    }

    private @Nullable NamedModel available(NamedModel given, int from) {
        for (int i = from; i < given.targets().size(); i++) {
            Resolved target = given.targets().get(i);
            Pool pool = pool(target);
            if (pool != null && isSelectable(pool, target.model())) {
                return given.at(i);
            }
        }
        return null;
    }

    private boolean isSelectable(Pool pool, String model) {
        Set<EndpointId> lacking = models.lacking(pool.name(), model);
        for (Endpoint endpoint : pool.endpoints().snapshot().selectable()) {
            if (!lacking.contains(endpoint.id())) {
                return true;
            }
        }
        return false;
    }

    /** The pool that serves a model, or may; null if none does. */
    private @Nullable Pool pool(Resolved target) {
        if (target.pool() != null) {
            Pool pool = pools.find(target.pool());
            return pool != null && selector.mayServe(pool, target.model()) ? pool : null;
        }
        List<String> serving = models.catalog().poolsServing(target.model());
        if (!serving.isEmpty()) {
            return pools.get(serving.get(0));
        }
        Pool only = pools.all().size() == 1 ? pools.all().get(0) : null;
        return only != null && selector.mayServe(only, target.model()) ? only : null;
    }

    /**
     * The models that a client's name for a model stands for in one request. Immutable.
     *
     * @param name as the client wrote it
     * @param targets what it stands for, in the order to try
     * @param at the one that serves the request
     * @param mirror where the request may go as well; null: nowhere
     * @param startedNanos when the request's body was read, whatever was tried since
     */
    record NamedModel(
            String name,
            List<Resolved> targets,
            int at,
            @Nullable Mirror mirror,
            long startedNanos) {

        Resolved target() {
            return targets.get(at);
        }

        /** The name, to be served by another of its models. */
        NamedModel at(int other) {
            return new NamedModel(name, targets, other, mirror, startedNanos);
        }
    }
}
