package dev.warmlane.proxy;

import dev.warmlane.core.admission.Refusal;
import dev.warmlane.core.admission.Waiter;
import dev.warmlane.core.health.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.proxy.error.ApiException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import reactor.core.publisher.MonoSink;
import reactor.netty.Connection;

/** A request in the queue. Whoever lets it in or refuses it, it goes on where its connection is served. */
final class WaitingRequest implements Waiter {
    private final RoutedExchange routed;
    private final MonoSink<Dispatch> sink;
    private final QueueMetrics metrics;
    private final Executor eventLoop;
    private final long sinceNanos = System.nanoTime();

    WaitingRequest(ServerHttpRequest request, RoutedExchange routed, MonoSink<Dispatch> sink, QueueMetrics metrics) {
        this.routed = routed;
        this.sink = sink;
        this.metrics = metrics;
        this.eventLoop = eventLoopOf(request);
    }

    @Override
    public boolean enter() {
        Dispatch dispatch;
        try {
            dispatch = routed.next(FailureCause.OTHER);
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
        if (!routed.hasAnother()) {
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

    private static Executor eventLoopOf(ServerHttpRequest request) {
        Object server = ServerHttpRequestDecorator.getNativeRequest(request);
        return server instanceof Connection connection ? connection.channel().eventLoop() : Runnable::run;
    }
}
