package dev.warmlane.proxy;

import dev.warmlane.affinity.AffinityKey;
import dev.warmlane.endpoint.Endpoint;
import dev.warmlane.endpoint.EndpointPool;
import dev.warmlane.health.HealthWatch;
import dev.warmlane.prefix.PromptBlocks;
import dev.warmlane.routing.DecisionLog;
import dev.warmlane.routing.InFlight;
import dev.warmlane.routing.RoundRobinPolicy;
import dev.warmlane.routing.Router;
import dev.warmlane.routing.RoutingRequest;
import java.net.URI;
import java.time.InstantSource;
import java.util.Arrays;

/** Requests on their way to a pool of their own. */
final class RoutedExchanges {
    private RoutedExchanges() {}

    /** One that was sent nowhere yet; its endpoints take turns. */
    static RoutedExchange over(String... endpoints) {
        EndpointPool pool = new EndpointPool("p");
        pool.replace(Arrays.stream(endpoints)
                .map(uri -> Endpoint.ofUri(URI.create(uri)))
                .toList());
        Router router = new Router(
                pool,
                new RoundRobinPolicy(),
                new InFlight(),
                new DecisionLog(1, InstantSource.system()),
                HealthWatch.NONE);
        RoutingRequest request = new RoutingRequest(AffinityKey.none(0), PromptBlocks.EMPTY);
        return new RoutedExchange(new RoutedPool(router, null), request, new byte[] {1, 2, 3}, false, "id", 0);
    }
}
