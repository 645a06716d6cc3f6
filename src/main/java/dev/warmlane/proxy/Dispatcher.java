package dev.warmlane.proxy;

import dev.warmlane.core.admission.AdmissionQueue;
import dev.warmlane.core.admission.QueuedRequest;
import dev.warmlane.core.admission.Ticket;
import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.KeySource;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.health.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.Router;
import dev.warmlane.proxy.access.TokenCharge;
import dev.warmlane.proxy.error.ApiException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** Gets requests to an endpoint: at once where there is room and nobody waits, else in their turn. */
final class Dispatcher {
    private static final Duration RETRY_WHEN_EMPTY = Duration.ofSeconds(1);

    private final PriorityReader priorities;
    private final QueueMetrics metrics;

    Dispatcher(PriorityReader priorities, QueueMetrics metrics) {
        this.priorities = priorities;
        this.metrics = metrics;
    }

    /** A dispatch without waiting, or null: then it is had {@link #inTurn}. */
    @Nullable
    Dispatch now(RoutedExchange routed) {
        return routed.pool().queue().isIdle() ? routed.next(FailureCause.OTHER) : null;
    }

    /**
     * A dispatch as soon as it is the request's turn. Fails with 429 if that does not come in time or the queue is full, with
     * 503 if there is nothing to wait for. Leaving means cancelling.
     */
    Mono<Dispatch> inTurn(ServerWebExchange exchange, RoutedExchange routed) {
        if (!routed.hasAnother()) {
            return Mono.error(noEndpoint(routed));
        }
        if (routed.retries() == 0) {
            // The gateway's own time ends here; what follows is waiting.
            routed.progress().dispatched();
        }
        return Mono.create(sink -> {
            AdmissionQueue queue = routed.pool().queue();
            WaitingRequest waiting = new WaitingRequest(exchange.getRequest(), routed, sink, metrics);
            Ticket place = queue.await(queued(exchange.getRequest(), routed), waiting);
            sink.onCancel(() -> queue.leave(place));
        });
    }

    static ApiException noEndpoint(RoutedExchange routed) {
        EndpointSnapshot snapshot = routed.pool().endpoints().snapshot();
        boolean decodes = snapshot.endpoints().stream()
                .anyMatch(endpoint -> endpoint.role().decodes());
        String lack = decodes ? "" : ": all have role prefill";
        return ApiException.noEndpointWith(routed.pool().name(), snapshot.hasRoles() ? lack : "", RETRY_WHEN_EMPTY);
    }

    /** No endpoint computes the prompt for a decode endpoint that may not. */
    static ApiException noPrefill(RoutedExchange routed) {
        return ApiException.noEndpointWith(
                routed.pool().name(),
                ": none of role prefill takes it, and prefill-decode.decode-alone is off",
                RETRY_WHEN_EMPTY);
    }

    private QueuedRequest queued(ServerHttpRequest request, RoutedExchange routed) {
        Router router = routed.pool().router();
        Set<EndpointId> excluded = routed.excluded();
        EndpointId owner = router.owner(routed.request(), excluded);
        return new QueuedRequest(
                routed.retries() > 0,
                priority(request, routed),
                client(request, routed),
                owner == null ? router.boundEndpoint(routed.request()) : owner,
                owner != null,
                excluded);
    }

    /** How urgent it is. A client that is known can put its own requests back behind others, not forward. */
    private int priority(ServerHttpRequest request, RoutedExchange routed) {
        int asked = priorities.read(request, routed.requestBody());
        TokenCharge charge = routed.charge();
        if (charge == null) {
            return asked;
        }
        long behind = Math.max(0, asked);
        return (int) Math.min(Integer.MAX_VALUE, charge.identity().allowance().priority() + behind);
    }

    /**
     * Among whom turns are shared: known clients, else what the session or client address says, else the address that the
     * request came from.
     */
    private static long client(ServerHttpRequest request, RoutedExchange routed) {
        TokenCharge charge = routed.charge();
        if (charge != null) {
            String client = charge.identity().client();
            return AffinityKey.of(routed.pool().name(), KeySource.NONE, client).hash();
        }
        AffinityKey key = routed.request().key();
        if (key.source().binds()) {
            return key.hash();
        }
        InetSocketAddress peer = request.getRemoteAddress();
        String address = peer == null ? "" : peer.getHostString();
        return AffinityKey.of(routed.pool().name(), KeySource.CLIENT_IP, address)
                .hash();
    }
}
