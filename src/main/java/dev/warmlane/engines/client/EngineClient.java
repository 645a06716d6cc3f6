package dev.warmlane.engines.client;

import dev.warmlane.engines.discovery.AllowedAddresses;
import io.netty.channel.ChannelOption;
import java.time.Duration;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

/**
 * Builds the HTTP clients for endpoints. All of them connect only to addresses that an endpoint may have, give up connecting
 * after the same time, and take exactly one response for a request. What is built is safe for concurrent use.
 */
public final class EngineClient {
    private static final ReadBeforeConnect READ_BEFORE_CONNECT = new ReadBeforeConnect();

    private EngineClient() {}

    /**
     * Connections that are pooled for each endpoint. The caller disposes of them.
     *
     * @param maxConnections to one endpoint
     * @param acquireTimeout how long a request may wait for one of them
     * @param keepAlive how long an idle one is kept: less than the engines keep it, or requests meet connections that close
     */
    public static ConnectionProvider connections(
            String name, int maxConnections, Duration acquireTimeout, Duration keepAlive) {
        return ConnectionProvider.builder(name)
                .maxConnections(maxConnections)
                .pendingAcquireMaxCount(maxConnections)
                .pendingAcquireTimeout(acquireTimeout)
                // The freshest first, so that the others reach their idle time.
                .lifo()
                .maxIdleTime(keepAlive)
                .evictInBackground(keepAlive.dividedBy(2))
                // Pods come and go; the pool of one that is gone goes too.
                .disposeInactivePoolsInBackground(Duration.ofMinutes(1), Duration.ofMinutes(5))
                .build();
    }

    /**
     * A client for endpoints whose TLS is still to be chosen.
     *
     * @param connectTimeout what connecting may take, and one DNS query
     * @param limits of responses
     * @param loops the threads it runs on
     */
    public static HttpClient create(
            ConnectionProvider connections, Duration connectTimeout, HeaderLimits limits, LoopResources loops) {
        return HttpClient.create(connections)
                .runOn(loops)
                .httpResponseDecoder(decoder -> decoder.maxHeaderSize(limits.bytes()))
                .resolver(dns -> dns.queryTimeout(connectTimeout))
                .resolvedAddressesSelector((config, resolved) -> AllowedAddresses.of(resolved))
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        Math.min(Integer.MAX_VALUE, connectTimeout.toMillis()))
                .doOnChannelInit((observer, channel, remote) -> {
                    new SingleResponseGuard(limits.count()).addTo(channel.pipeline());
                    READ_BEFORE_CONNECT.addTo(channel.pipeline());
                });
    }
}
