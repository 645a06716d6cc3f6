package dev.warmlane.engines.probe;

import dev.warmlane.core.health.FailureCause;
import dev.warmlane.engines.discovery.AllowedAddresses;
import dev.warmlane.engines.pool.Pool;
import io.netty.channel.ChannelOption;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

/** Asks vLLM servers whether they are healthy, over connections of its own; everything comes on the one thread of the loop. */
final class CheckClient {
    private static final int OK = 200;

    private final Duration timeout;
    private final Scheduler loop;
    private final ConnectionProvider connections;
    private final HttpClient http;

    CheckClient(CheckTiming timing, LoopResources loops, Scheduler loop) {
        this.timeout = timing.timeout();
        this.loop = loop;
        // vLLM closes idle connections after 5 s: leave before, so that no check meets a closing one.
        this.connections = ConnectionProvider.builder("warmlane-health")
                .maxConnections(timing.maxConcurrent())
                .pendingAcquireMaxCount(timing.maxConcurrent())
                .pendingAcquireTimeout(timeout)
                .maxIdleTime(Duration.ofSeconds(4))
                .evictInBackground(Duration.ofSeconds(10))
                .build();
        this.http = http(connections, loops, timeout);
    }

    static HttpClient http(ConnectionProvider connections, LoopResources loops, Duration timeout) {
        return HttpClient.create(connections)
                .runOn(loops)
                .resolver(dns -> dns.runOn(loops).queryTimeout(timeout))
                .resolvedAddressesSelector((config, resolved) -> AllowedAddresses.of(resolved))
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.min(Integer.MAX_VALUE, timeout.toMillis()));
    }

    /** Completes if the server says that it is healthy; fails with whatever kept it from saying so. */
    Mono<Void> check(Pool pool, URI endpoint) {
        return Mono.defer(() -> pool.secure(http)
                        .get()
                        .uri(endpoint.resolve("/health"))
                        .response((response, content) -> response.status().code() == OK
                                ? content.then()
                                : Mono.error(
                                        new UnhealthyException(response.status().code())))
                        .then())
                .timeout(timeout, loop);
    }

    /** What a check that failed says of the server. */
    static FailureCause cause(Throwable failure) {
        if (failure instanceof UnhealthyException) {
            return FailureCause.UNAVAILABLE;
        }
        if (failure instanceof TimeoutException) {
            return FailureCause.TIMEOUT;
        }
        boolean nobodyThere = failure instanceof ConnectException
                || failure instanceof NoRouteToHostException
                || failure instanceof UnknownHostException;
        return nobodyThere ? FailureCause.CONNECT : FailureCause.RESET;
    }

    /** Closes all connections, also those in use. Does not wait. */
    void close() {
        connections.dispose();
    }

    /** The server answered that it is not healthy. A signal, so without a stack trace. */
    private static final class UnhealthyException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        UnhealthyException(int status) {
            super("HTTP " + status, null, false, false);
        }
    }
}
