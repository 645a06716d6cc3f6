package dev.warmlane.proxy.upstream;

import dev.warmlane.engines.discovery.AllowedAddresses;
import dev.warmlane.settings.UpstreamSettings;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import reactor.netty.Connection;
import reactor.netty.NettyPipeline;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

/** The connections to the engines: pooled for each endpoint, with timeouts that fit language models. */
public final class UpstreamClient {
    private UpstreamClient() {}

    public static ConnectionProvider connections(UpstreamSettings settings) {
        return ConnectionProvider.builder("warmlane-upstream")
                .maxConnections(settings.maxConnections())
                .pendingAcquireMaxCount(settings.maxConnections())
                .pendingAcquireTimeout(settings.acquireTimeout())
                // vLLM closes idle connections after 5 s: use the freshest, and drop the others before vLLM does.
                .lifo()
                .maxIdleTime(settings.keepAlive())
                .evictInBackground(settings.keepAlive().dividedBy(2))
                // Pods come and go; what was kept for one that is gone goes too.
                .disposeInactivePoolsInBackground(Duration.ofMinutes(1), Duration.ofMinutes(5))
                .build();
    }

    public static HttpClient create(
            UpstreamSettings settings, ConnectionProvider connections, UpstreamChannels channels) {
        ReadBeforeConnect readBeforeConnect = new ReadBeforeConnect();
        return HttpClient.create(connections)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        settings.connectTimeout().toMillis())
                // Its own retry sends a POST twice to an endpoint that may be working on it; failover is ours.
                .disableRetry(true)
                .doOnChannelInit((observer, channel, remote) -> {
                    channels.opened(channel);
                    new SingleResponseGuard().addTo(channel.pipeline());
                    readBeforeConnect.addTo(channel.pipeline());
                })
                .resolvedAddressesSelector((config, resolved) -> AllowedAddresses.of(resolved))
                .responseTimeout(settings.responseTimeout())
                .doOnResponse((response, connection) -> limitIdleTime(connection, settings.idleTimeout()));
    }

    /** From the response headers on, the time without a byte counts instead of the time to the headers. */
    private static void limitIdleTime(Connection connection, Duration idleTimeout) {
        ChannelPipeline pipeline = connection.channel().pipeline();
        if (pipeline.get(NettyPipeline.ResponseTimeoutHandler) != null) {
            pipeline.replace(
                    NettyPipeline.ResponseTimeoutHandler,
                    NettyPipeline.ResponseTimeoutHandler,
                    new ReadTimeoutHandler(idleTimeout.toMillis(), TimeUnit.MILLISECONDS));
        }
    }
}
