package dev.warmlane.proxy;

import dev.warmlane.core.admission.AdmissionQueue;
import dev.warmlane.core.admission.Ticket;
import dev.warmlane.core.admission.Ticket.Refusal;
import dev.warmlane.core.admission.Ticket.Waiter;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.outcome.RequestOutcome;
import dev.warmlane.settings.UpstreamSettings.QueueSettings;
import io.netty.channel.EventLoop;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/** Has requests that cannot be dispatched at once wait in the queue, and dispatches each in its turn. Safe for concurrent use. */
final class Dispatcher {
    private final QueuedRequestReader reader;
    private final ProxyMetrics metrics;

    Dispatcher(QueueSettings settings, ProxyMetrics metrics) {
        this.reader = new QueuedRequestReader(settings);
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
        long sinceNanos = System.nanoTime();
        Mono<Dispatch> inTurn = Mono.create(sink -> {
            AdmissionQueue queue = routed.pool().queue();
            WaitingRequest waiting =
                    new WaitingRequest(RequestOutcome.of(exchange).eventLoop(), routed, sink);
            Ticket place = queue.await(reader.read(exchange.getRequest(), routed), waiting);
            sink.onCancel(() -> queue.leave(place));
        });
        // Only of those who are still there when it is their turn.
        return inTurn.doOnNext(dispatch -> metrics.waited(routed.pool().name(), System.nanoTime() - sinceNanos));
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

    /** A request in the queue. Whoever lets it in or refuses it, it goes on where its connection is served. */
    private static final class WaitingRequest implements Waiter {
        private final RoutedExchange routed;
        private final MonoSink<Dispatch> sink;
        private final Executor eventLoop;

        WaitingRequest(@Nullable EventLoop client, RoutedExchange routed, MonoSink<Dispatch> sink) {
            this.routed = routed;
            this.sink = sink;
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
            return refusal.reason() == Refusal.Reason.FULL
                    ? ApiException.overloaded(
                            ApiException.QUEUE_FULL,
                            "Every endpoint of pool %s is full, and so is its queue.".formatted(pool),
                            refusal.retryAfter())
                    : ApiException.overloaded(
                            ApiException.QUEUE_TIMEOUT,
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
