package dev.warmlane.ops.actuator;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.routing.EndpointTallies;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.ops.actuator.DecisionsStatus.DecisionStatus;
import dev.warmlane.ops.actuator.DecisionsStatus.PredictionStatus;
import dev.warmlane.proxy.Explainer;
import dev.warmlane.proxy.Explainer.Explanation;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Mono;

/**
 * {@code /actuator/decisions}: the last decisions with every candidate's numbers, and what the endpoints delivered of what
 * was predicted. A request that is posted there, with its headers, is told the decision it would get now; nothing is sent and
 * nothing changes. A plain handler, because an actuator operation cannot see a request's headers and raw body.
 */
public final class DecisionsHandler {
    private static final int DEFAULT_LIMIT = 50;

    private final Pools pools;
    private final Explainer explainer;
    private final Clock clock;

    /** @param explainer decides for requests that are posted */
    public DecisionsHandler(Pools pools, Explainer explainer, Clock clock) {
        this.pools = pools;
        this.explainer = explainer;
        this.clock = clock;
    }

    /** The routes, for the management port only. */
    public RouterFunction<ServerResponse> routes() {
        return RouterFunctions.route()
                .GET("/actuator/decisions", this::list)
                .POST("/actuator/decisions", this::explain)
                .build();
    }

    private Mono<ServerResponse> list(ServerRequest request) {
        int limit = request.queryParam("limit").map(DecisionsHandler::limit).orElse(DEFAULT_LIMIT);
        List<Pool> wantedPools = request.queryParam("pool")
                .map(name -> List.of(Named.pool(pools, name)))
                .orElse(pools.all());
        Predicate<@Nullable String> wantedRequest = wanted(request, "request");
        Predicate<@Nullable String> wantedEndpoint = wanted(request, "endpoint");
        List<DecisionStatus> decisions = new ArrayList<>();
        for (Pool pool : wantedPools) {
            pool.router().log().newest().stream()
                    .filter(entry -> wantedRequest.test(
                                    entry.decision().request().id())
                            && wantedEndpoint.test(entry.decision().endpoint().name()))
                    .limit(limit)
                    .forEach(entry -> decisions.add(DecisionStatus.of(pool.name(), entry)));
        }
        decisions.sort(Comparator.comparing(DecisionStatus::at).reversed());
        List<DecisionStatus> newest = decisions.subList(0, Math.min(limit, decisions.size()));
        return json(new DecisionsStatus(newest, deliveries()));
    }

    /** Whether a name is the one that was asked for; without such a parameter any is. */
    private static Predicate<@Nullable String> wanted(ServerRequest request, String parameter) {
        return request.queryParam(parameter)
                .<Predicate<@Nullable String>>map(name -> name::equals)
                .orElse(name -> true);
    }

    private Mono<ServerResponse> explain(ServerRequest request) {
        return explainer.explain(request.exchange().getRequest()).flatMap(this::explained);
    }

    private Mono<ServerResponse> explained(Explanation explanation) {
        RoutingDecision decision = explanation.decision();
        return decision == null
                ? Mono.error(new ResponseStatusException(HttpStatus.SERVICE_UNAVAILABLE))
                : json(DecisionStatus.of(clock.instant(), explanation.pool(), explanation.names(), decision));
    }

    private List<PredictionStatus> deliveries() {
        List<PredictionStatus> deliveries = new ArrayList<>();
        for (Pool pool : pools.all()) {
            EndpointTallies tallies = pool.router().tallies();
            for (Endpoint endpoint : pool.endpoints().snapshot().endpoints()) {
                deliveries.add(PredictionStatus.of(pool.name(), endpoint.name(), tallies.of(endpoint.id())));
            }
        }
        return deliveries;
    }

    private static Mono<ServerResponse> json(Object body) {
        return ServerResponse.ok().contentType(MediaType.APPLICATION_JSON).bodyValue(body);
    }

    private static int limit(String text) {
        try {
            int limit = Integer.parseInt(text);
            if (limit > 0) {
                return limit;
            }
        } catch (NumberFormatException e) {
            // Answered below, with every other number that is none.
        }
        throw new ResponseStatusException(
                HttpStatus.BAD_REQUEST, "limit: %s (expected: a whole number above 0)".formatted(text));
    }
}
