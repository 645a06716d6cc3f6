package dev.warmlane.proxy.upstream;

import dev.warmlane.engines.client.EngineClient;
import dev.warmlane.engines.client.HeaderLimits;
import dev.warmlane.settings.UpstreamSettings;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import reactor.netty.Connection;
import reactor.netty.NettyPipeline;
import reactor.netty.http.HttpResources;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

/** The client that carries requests to endpoints, with timeouts that fit language models. */
public final class UpstreamClient {
    private UpstreamClient() {}

    public static ConnectionProvider connections(UpstreamSettings settings) {
        return EngineClient.connections(
                "warmlane-upstream", settings.maxConnections(), settings.acquireTimeout(), settings.keepAlive());
    }

    public static HttpClient create(
            UpstreamSettings settings, HeaderLimits limits, ConnectionProvider connections, UpstreamChannels channels) {
        return EngineClient.create(connections, settings.connectTimeout(), limits, HttpResources.get())
                // Its own retry sends a POST twice to an endpoint that may be working on it; failover is ours.
                .disableRetry(true)
                .doOnChannelInit((observer, channel, remote) -> channels.opened(channel))
                .responseTimeout(settings.responseTimeout())
                .doOnResponse((response, connection) -> limitIdleTime(connection, settings.idleTimeout()));
    }

    /** From the response headers on, the time without a byte counts instead of the time to the headers. */
    static void limitIdleTime(Connection connection, Duration idleTimeout) {
        ChannelPipeline pipeline = connection.channel().pipeline();
        if (pipeline.get(NettyPipeline.ResponseTimeoutHandler) != null) {
            pipeline.replace(
                    NettyPipeline.ResponseTimeoutHandler,
                    NettyPipeline.ResponseTimeoutHandler,
                    new ReadTimeoutHandler(idleTimeout.toMillis(), TimeUnit.MILLISECONDS));
        }
    }
}
