package dev.warmlane.engines.probe;

import dev.warmlane.engines.client.EngineClient;
import dev.warmlane.engines.client.HeaderLimits;
import dev.warmlane.engines.client.UnusableResponse;
import dev.warmlane.engines.pool.Pool;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.timeout.ReadTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.ByteBufFlux;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

/**
 * Asks engines on the gateway's own account, on one thread and over connections of its own, so that a slow engine takes
 * nothing from requests. All results, errors and timers come on that thread.
 */
final class ProbeClient {
    private static final int OK = 200;

    private final Duration timeout;
    private final LoopResources loops;
    private final Scheduler loop;
    private final ConnectionProvider connections;
    private final HttpClient http;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** @param name of the thread and the connections */
    ProbeClient(String name, ProbeTiming timing) {
        this.timeout = timing.timeout();
        this.loops = LoopResources.create(name, 1, true);
        this.loop = Schedulers.fromExecutorService(
                loops.onClient(LoopResources.DEFAULT_NATIVE).next());
        this.connections = EngineClient.connections(name, timing.maxConcurrent(), timeout, timing.keepAlive());
        this.http = EngineClient.create(connections, timeout, HeaderLimits.DEFAULT, loops);
    }

    /** The one thread. */
    Scheduler loop() {
        return loop;
    }

    /**
     * Asks an endpoint of a pool with GET, and gives what is made of the body.
     *
     * @return fails with {@link UnusableResponse} for any status but 200, and as connections do
     */
    <T> Mono<T> get(
            Pool pool,
            URI endpoint,
            String path,
            Consumer<? super HttpHeaders> headers,
            Function<ByteBufFlux, Mono<T>> body) {
        return Mono.defer(() -> pool.secure(http)
                        .headers(headers)
                        .get()
                        .uri(URI.create(endpoint + path))
                        .response((response, content) -> response.status().code() == OK
                                ? body.apply(content)
                                : Mono.error(UnusableResponse.status(
                                        response.status().code())))
                        .singleOrEmpty())
                .timeout(timeout, Mono.error(() -> ReadTimeoutException.INSTANCE), loop);
    }

    /**
     * Closes all connections, also those in use, and ends the thread, shortly after it returns.
     *
     * @param last runs on the thread before that
     */
    void close(Runnable last) {
        if (closed.compareAndSet(false, true)) {
            loop.schedule(() -> {
                last.run();
                connections.dispose();
                loops.disposeLater(Duration.ZERO, Duration.ofSeconds(1)).subscribe();
            });
        }
    }
}
