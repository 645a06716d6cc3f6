package dev.warmlane.proxy;

import static java.util.stream.Collectors.joining;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.StoredResponses;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.vllm.GenerationRequest;
import dev.warmlane.engines.models.ModelCatalog;
import dev.warmlane.engines.models.ModelNames;
import dev.warmlane.engines.models.ModelNames.Resolved;
import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.proxy.access.Authenticator.Identity.Allowance;
import dev.warmlane.proxy.body.RequestBody;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.settings.PoolSettings;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Finds the pool of a request: the one its route names, or the one that serves its model. */
final class PoolSelector {

    /** Models that a refusal names. */
    private static final int SHOWN_MODELS = 50;

    private final Pools pools;
    private final ServedModels models;
    private final StoredResponses responses;

    PoolSelector(Pools pools, ServedModels models, StoredResponses responses) {
        this.pools = pools;
        this.models = models;
        this.responses = responses;
    }

    /**
     * The pool for a request.
     *
     * @param routeHost the host of the route's URI
     * @param target what serves it where its client used a name for a model; null: its client named the model
     * @param storedResponse the id of the response that the request is about: without a model, its pool is the one that made it
     * @param allowance whose models alone an error may name
     */
    Pool select(
            String routeHost,
            RequestBody body,
            @Nullable Resolved target,
            @Nullable String storedResponse,
            Allowance allowance) {
        if (!routeHost.equals(PoolSettings.BY_MODEL)) {
            Pool pool = pools.find(routeHost);
            if (pool == null) {
                throw new IllegalStateException("route: vllm://%s (expected: the name of a pool)".formatted(routeHost));
            }
            return pool;
        }
        if (target != null && target.pool() != null) {
            return pools.get(target.pool());
        }
        String model = body.model();
        if (pools.all().size() == 1) {
            Pool only = pools.all().get(0);
            if (model != null && !mayServe(only, model) && !models.mayHaveMoved(only.name(), model)) {
                throw unknownModel(model, allowance);
            }
            return only;
        }
        Pool made = model == null ? maker(storedResponse) : null;
        if (made != null) {
            return made;
        }
        return byModel(model, body, allowance);
    }

    /** The names that clients may use for models. */
    ModelNames names() {
        return models.names();
    }

    /** Whether policies read the prompts of requests, whatever key they have. All pools have the same. */
    boolean readPrompts() {
        return pools.all().get(0).router().readsPrompt(KeySource.SESSION);
    }

    /** Whether a pool is known that a stored response can be asked of. */
    boolean mayHave(String routeHost, String storedResponse) {
        return !routeHost.equals(PoolSettings.BY_MODEL) || pools.all().size() == 1 || maker(storedResponse) != null;
    }

    /** Whether a pool serves a model, or may: none of its endpoints has said yet, or it takes what nobody lists. */
    boolean mayServe(Pool pool, String model) {
        Set<String> known = models.catalog().models(pool.name());
        return known.isEmpty() || known.contains(model) || pool.passesUnknownModels();
    }

    /**
     * The scope of a request's keys; equal keys of different scopes are different. The first model of a pool, which engines take where
     * none is named, has the scope of the pool: its sessions stay, whatever adapters come and go.
     */
    String scope(Pool pool, RequestBody body) {
        String model = body.model();
        String first = firstModel(pool);
        return model == null || first == null || model.equals(first)
                ? pool.name()
                : AffinityKey.scope(pool.name(), model);
    }

    /** The models that a pool is known to serve. */
    Set<String> models(Pool pool) {
        return models.catalog().models(pool.name());
    }

    /** The model that engines of a pool take where a request names none; null while nobody knows. */
    @Nullable
    String firstModel(Pool pool) {
        Iterator<String> known = models.catalog().models(pool.name()).iterator();
        return known.hasNext() ? known.next() : null;
    }

    /** The endpoints of a request's pool that do not have its model. */
    Set<EndpointId> unsuited(Pool pool, RequestBody body) {
        String model = body.model();
        return model == null ? Set.of() : models.lacking(pool.name(), model);
    }

    /** Whether the endpoint that serves a request has to load an adapter for it: what nobody lists can only be one. */
    boolean needsAdapter(Pool pool, RequestBody body) {
        String model = body.model();
        ModelCatalog catalog = models.catalog();
        return model != null
                && (catalog.isAdapter(pool.name(), model)
                        || (pool.passesUnknownModels() && !catalog.reported(pool.name(), model)));
    }

    /** The pool that made a stored response; null if nobody knows, or it is about none. */
    @Nullable
    Pool maker(@Nullable String id) {
        if (id == null) {
            return null;
        }
        for (Pool pool : pools.all()) {
            if (responses.owner(pool.name(), id) != null) {
                return pool;
            }
        }
        return null;
    }

    private Pool byModel(@Nullable String model, RequestBody body, Allowance allowance) {
        if (model == null) {
            if (body.isJson()) {
                // Says what is wrong with a body that is not JSON; one that is JSON only lacks the model.
                body.parse();
            }
            throw ApiException.badRequest(
                    "model", "model_required", "Several pools are served here, so the request must name a model.");
        }
        ModelCatalog catalog = models.catalog();
        List<String> serving = catalog.poolsServing(model);
        if (!serving.isEmpty()) {
            return pools.get(serving.get(0));
        }
        for (Pool pool : pools.all()) {
            if (catalog.models(pool.name()).isEmpty()) {
                // It may serve the model: none of its endpoints has said yet.
                throw ApiException.noEndpoint(pool.name(), "");
            }
        }
        for (Pool pool : pools.all()) {
            if (pool.passesUnknownModels() || models.mayHaveMoved(pool.name(), model)) {
                return pool;
            }
        }
        throw unknownModel(model, allowance);
    }

    private ApiException unknownModel(String model, Allowance allowance) {
        if (GenerationRequest.isTooLong(model)) {
            return ApiException.badRequest("model", "model_too_long", "The name of the model is too long.");
        }
        models.missed();
        Set<String> known = new TreeSet<>(models.catalog().models());
        known.removeIf(each -> !allowance.allows(each));
        models.names().all().stream()
                .map(ModelNames.Name::name)
                .filter(allowance::allows)
                .forEach(known::add);
        return ApiException.unknownModel(model, " Known models: %s.".formatted(shown(known)));
    }

    /** There can be thousands of adapters; {@code /v1/models} has them all. */
    static String shown(Set<String> known) {
        String first = known.stream().limit(SHOWN_MODELS).collect(joining(", "));
        int more = known.size() - SHOWN_MODELS;
        return more > 0 ? first + " and %d more".formatted(more) : first;
    }
}
