package dev.warmlane.proxy;

import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.proxy.body.BodyReader;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;
import reactor.core.publisher.Mono;

/** Tells which decision a request would get now, by reading it exactly as a real one and sending nothing. */
public final class Explainer {
    private final BodyReader bodies;
    private final ExchangeReader requests;

    Explainer(BodyReader bodies, ExchangeReader requests) {
        this.bodies = bodies;
        this.requests = requests;
    }

    /** @param request with the headers and the body of a generation request */
    public Mono<Explanation> explain(ServerHttpRequest request) {
        return bodies.read(request, body -> Mono.fromSupplier(() -> requests.explain(request, body)));
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
