package dev.warmlane.proxy;

import dev.warmlane.core.admission.AdmissionQueue;
import dev.warmlane.core.admission.Ticket;
import dev.warmlane.core.admission.Ticket.QueuedRequest;
import dev.warmlane.core.admission.Ticket.Refusal;
import dev.warmlane.core.admission.Ticket.Waiter;
import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.Router;
import dev.warmlane.core.vllm.GenerationRequest;
import dev.warmlane.proxy.access.TokenCharge;
import dev.warmlane.proxy.body.RequestBody;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.outcome.RequestOutcome;
import dev.warmlane.settings.UpstreamSettings.QueueSettings;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/** Has requests that cannot be dispatched at once wait in the queue, and dispatches each in its turn. Safe for concurrent use. */
final class Dispatcher {
    private final boolean priorityInBody;
    private final String priorityHeader;
    private final ProxyMetrics metrics;

    Dispatcher(QueueSettings settings, ProxyMetrics metrics) {
        this.priorityInBody = settings.bodyPriority();
        this.priorityHeader = settings.priorityHeader();
        this.metrics = metrics;
    }

    /**
     * A dispatch as soon as it is the request's turn. Fails with 429 if that does not come in time or the queue is full, with
     * 503 if there is nothing to wait for. Leaving means cancelling.
     */
    Mono<Dispatch> inTurn(ServerWebExchange exchange, RoutedExchange routed) {
        if (!routed.attempts().hasAnother()) {
            return Mono.error(noEndpoint(routed));
        }
        if (routed.attempts().retries() == 0) {
            // The gateway's own time ends here; what follows is waiting.
            routed.progress().dispatched();
        }
        return Mono.create(sink -> {
            AdmissionQueue queue = routed.pool().queue();
            WaitingRequest waiting =
                    new WaitingRequest(RequestOutcome.of(exchange).eventLoop(), routed, sink, metrics);
            Ticket place = queue.await(queued(exchange.getRequest(), routed), waiting);
            sink.onCancel(() -> queue.leave(place));
        });
    }

    static ApiException noEndpoint(RoutedExchange routed) {
        EndpointSnapshot snapshot = routed.pool().endpoints().snapshot();
        boolean noneDecodes = snapshot.endpoints().stream()
                .noneMatch(endpoint -> endpoint.role().decodes());
        return ApiException.noEndpoint(
                routed.pool().name(), snapshot.hasRoles() && noneDecodes ? ": all have role prefill" : "");
    }

    /** No endpoint computes the prompt for a decode endpoint that may not. */
    static ApiException noPrefill(RoutedExchange routed) {
        return ApiException.noEndpoint(
                routed.pool().name(), ": none of role prefill takes it, and prefill-decode.decode-alone is off");
    }

    /** What the queue needs to know of a request: its priority, its client, and where it can go. */
    private QueuedRequest queued(ServerHttpRequest request, RoutedExchange routed) {
        Router router = routed.pool().router();
        Set<EndpointId> excluded = routed.attempts().excluded();
        EndpointId owner = router.owner(routed.attempts().request(), excluded);
        return new QueuedRequest(
                routed.attempts().retries() > 0,
                priority(request, routed),
                client(request, routed),
                owner == null ? router.boundEndpoint(routed.attempts().request()) : owner,
                owner != null,
                excluded);
    }

    /** Its priority. A client that is known can put its own requests behind others, not before them. */
    private int priority(ServerHttpRequest request, RoutedExchange routed) {
        int asked = askedPriority(request, routed.requestBody());
        TokenCharge charge = routed.charge();
        if (charge == null) {
            return asked;
        }
        long behind = Math.max(0, asked);
        return (int) Math.min(Integer.MAX_VALUE, charge.identity().allowance().priority() + behind);
    }

    /** What the client asks for, where the settings allow it: lower goes first, 0 if it does not say. */
    private int askedPriority(ServerHttpRequest request, RequestBody body) {
        Integer priority =
                priorityHeader.isEmpty() ? null : ofHeader(request.getHeaders().getFirst(priorityHeader));
        if (priority == null && priorityInBody) {
            GenerationRequest said = body.parseIfReadable();
            priority = said == null ? null : said.priority();
        }
        return priority == null ? 0 : priority;
    }

    private static @Nullable Integer ofHeader(@Nullable String value) {
        try {
            return value == null ? null : Integer.valueOf(value.strip());
        } catch (NumberFormatException notANumber) {
            return null;
        }
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
        AffinityKey key = routed.attempts().request().key();
        if (key.source().binds()) {
            return key.hash();
        }
        InetSocketAddress peer = request.getRemoteAddress();
        String address = peer == null ? "" : peer.getHostString();
        return AffinityKey.of(routed.pool().name(), KeySource.CLIENT_IP, address)
                .hash();
    }

    /** A request in the queue. Whoever lets it in or refuses it, it goes on where its connection is served. */
    private static final class WaitingRequest implements Waiter {
        private final RoutedExchange routed;
        private final MonoSink<Dispatch> sink;
        private final ProxyMetrics metrics;
        private final Executor eventLoop;
        private final long sinceNanos = System.nanoTime();

        WaitingRequest(
                @Nullable EventLoop client, RoutedExchange routed, MonoSink<Dispatch> sink, ProxyMetrics metrics) {
            this.routed = routed;
            this.sink = sink;
            this.metrics = metrics;
            this.eventLoop = client == null ? Runnable::run : client;
        }

        @Override
        public boolean enter() {
            Dispatch dispatch;
            try {
                dispatch = routed.attempts().next(FailureCause.OTHER);
            } catch (RuntimeException e) {
                goOn(() -> sink.error(e));
                return true;
            }
            if (dispatch == null) {
                return false;
            }
            metrics.waited(routed.pool().name(), System.nanoTime() - sinceNanos);
            goOn(() -> sink.success(dispatch));
            return true;
        }

        @Override
        public void refused(Refusal refusal) {
            goOn(() -> sink.error(error(refusal)));
        }

        private ApiException error(Refusal refusal) {
            if (!routed.attempts().hasAnother()) {
                return Dispatcher.noEndpoint(routed);
            }
            if (refusal.reason() == Refusal.Reason.CLOSED) {
                return ApiException.shuttingDown();
            }
            String pool = routed.pool().name();
            metrics.refused(pool, refusal.reason().label());
            return refusal.reason() == Refusal.Reason.FULL
                    ? ApiException.overloaded(
                            "queue_full",
                            "Every endpoint of pool %s is full, and so is its queue.".formatted(pool),
                            refusal.retryAfter())
                    : ApiException.overloaded(
                            "queue_timeout",
                            "No endpoint of pool %s had room in time.".formatted(pool),
                            refusal.retryAfter());
        }

        private void goOn(Runnable step) {
            try {
                eventLoop.execute(step);
            } catch (RejectedExecutionException e) {
                // The server is gone, and with it the connection: this only ends what is counted.
                sink.error(e);
            }
        }
    }
}
