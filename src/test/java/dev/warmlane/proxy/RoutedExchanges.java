package dev.warmlane.proxy;

import dev.warmlane.core.admission.AdmissionQueue;
import dev.warmlane.core.admission.Capacity;
import dev.warmlane.core.admission.QueueLimits;
import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.HealthWatch;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.DecisionLog;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.routing.RoundRobinPolicy;
import dev.warmlane.core.routing.Router;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.proxy.body.BodyBudget;
import dev.warmlane.proxy.body.BufferedBody;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Set;
import java.util.SplittableRandom;

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
        AdmissionQueue queue = new AdmissionQueue(
                new QueueLimits(0, Duration.ofSeconds(1)),
                () -> new Capacity(Set.of(), Set.of(), endpoints.length),
                System::nanoTime,
                new SplittableRandom(1));
        BufferedBody body = new BufferedBody(new BodyBudget(1024), 1024, -1);
        body.append(new byte[] {1}, 1);
        return new RoutedExchange(new RoutedPool(router, null, queue), request, body, false, "id", 0, null, null);
    }
}
