package dev.warmlane.proxy;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.engines.pool.PoolBuilder;
import dev.warmlane.proxy.NamedModels.NamedModel;
import dev.warmlane.proxy.body.BufferedBody;
import dev.warmlane.proxy.body.BufferedBody.BodyBudget;
import dev.warmlane.proxy.body.RequestBody;
import dev.warmlane.proxy.outcome.RequestProgress;
import java.net.URI;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Requests on their way to a pool of their own. */
final class RoutedExchanges {
    private RoutedExchanges() {}

    /** One that was sent nowhere yet; its endpoints take turns. */
    static RoutedExchange over(String... endpoints) {
        return over(null, endpoints);
    }

    /** One whose client used a name for its model. */
    static RoutedExchange over(@Nullable NamedModel named, String... endpoints) {
        Endpoint[] listed = Arrays.stream(endpoints)
                .map(uri -> Endpoint.ofUri(URI.create(uri)))
                .toArray(Endpoint[]::new);
        RoutingRequest request = new RoutingRequest(AffinityKey.none(0), PromptBlocks.EMPTY);
        BufferedBody body = new BufferedBody(new BodyBudget(1024), 1024, -1);
        body.append(new byte[] {1}, 1);
        return new RoutedExchange(
                new PoolBuilder("p", listed).build(),
                request,
                new RequestBody(body, null, null),
                named,
                false,
                false,
                "id",
                new RequestProgress(request.key(), null, 0),
                null,
                null);
    }
}
