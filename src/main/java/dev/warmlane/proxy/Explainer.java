package dev.warmlane.proxy;

import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.engines.models.ModelNames.Name;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.proxy.NamedModels.NamedModel;
import dev.warmlane.proxy.access.Authenticator.Identity.Allowance;
import dev.warmlane.proxy.access.ClientRights;
import dev.warmlane.proxy.access.Tenants.Tenant;
import dev.warmlane.proxy.access.Tenants.TenantIsolation;
import dev.warmlane.proxy.body.BodyReader;
import dev.warmlane.proxy.body.BufferedBody;
import dev.warmlane.proxy.body.RequestBody;
import dev.warmlane.settings.PoolSettings;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;
import reactor.core.publisher.Mono;

/** Finds the decision that a request would get now: reads it like a real one, and sends nothing. */
public final class Explainer {
    /** What is explained counts as a request of this path. */
    private static final String PATH = "/v1/chat/completions";

    private final BodyReader bodies;
    private final ExchangeReader requests;
    private final RoutingRequestReader routing;
    private final PoolSelector pools;
    private final NamedModels names;
    private final @Nullable ClientRights rights;

    /** @param rights null where nobody is asked who they are */
    Explainer(
            BodyReader bodies,
            ExchangeReader requests,
            RoutingRequestReader routing,
            PoolSelector pools,
            NamedModels names,
            @Nullable ClientRights rights) {
        this.bodies = bodies;
        this.requests = requests;
        this.routing = routing;
        this.pools = pools;
        this.names = names;
        this.rights = rights;
    }

    /** @param request with the headers and the body of a generation request */
    public Mono<Explanation> explain(ServerHttpRequest request) {
        return bodies.read(request, body -> Mono.fromSupplier(() -> explain(request, body)));
    }

    private Explanation explain(ServerHttpRequest request, BufferedBody buffered) {
        Tenant tenant = rights == null
                ? null
                : rights.tenantNamed(request.getQueryParams().getFirst("tenant"));
        RequestBody body = ExchangeReader.body(request, buffered);
        Name name = requests.name(body);
        String stored = ExchangeReader.storedResponse(null, body);
        NamedModel named =
                name == null ? null : names.resolve(name, request, body, stored, null, tenant, System.nanoTime());
        if (tenant != null) {
            TenantIsolation.salt(tenant, body);
        }
        Pool pool = pools.select(
                PoolSettings.BY_MODEL, body, named == null ? null : named.target(), stored, Allowance.UNLIMITED);
        return new Explanation(
                pool.name(),
                named == null ? List.of() : named.target().path(),
                pool.router().explain(routing.read(request, PATH, null, true, pool, tenant, body, stored)));
    }

    /**
     * What a request would get.
     *
     * @param pool the pool that serves it
     * @param names what its name for a model stands for, step by step; empty where it names the model
     * @param decision the decision, or null if no endpoint could take it
     */
    public record Explanation(
            String pool, List<String> names, @Nullable RoutingDecision decision) {}
}
