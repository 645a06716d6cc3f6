package dev.warmlane.proxy.upstream;

import dev.warmlane.engines.client.ClientTls;
import dev.warmlane.engines.client.EngineClient;
import dev.warmlane.engines.client.EngineClient.HeaderLimits;
import dev.warmlane.engines.client.EngineNames;
import dev.warmlane.engines.discovery.AllowedHosts;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.settings.UpstreamSettings;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.ssl.SslHandler;
import io.netty.resolver.AddressResolverGroup;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.http.HttpResources;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

/**
 * Carries requests to endpoints, over connections that share the event loop of their client where they can. Its own and not Reactor
 * Netty's, which takes as much for a request and for each chunk as all the rest of the gateway. Safe for concurrent use.
 */
public final class UpstreamClient implements AutoCloseable {
    private final UpstreamSettings settings;
    private final HeaderLimits limits;
    private final AddressResolverGroup<InetSocketAddress> resolvers;
    private final EventLoopGroup loops = HttpResources.get().onClient(LoopResources.DEFAULT_NATIVE);
    private final Class<? extends SocketChannel> channelType =
            HttpResources.get().onChannelClass(SocketChannel.class, loops);
    private final Map<Target, EndpointConnections> endpoints = new ConcurrentHashMap<>();
    private final ChannelGroup channels = new DefaultChannelGroup("upstream", GlobalEventExecutor.INSTANCE);
    private volatile @Nullable ApiException ended;

    /** @param limits of responses */
    public UpstreamClient(UpstreamSettings settings, HeaderLimits limits) {
        this(
                settings,
                limits,
                EngineNames.create(settings.connectTimeout(), settings.dnsRefresh(), HttpResources.get()));
    }

    UpstreamClient(UpstreamSettings settings, HeaderLimits limits, AddressResolverGroup<InetSocketAddress> resolvers) {
        this.settings = settings;
        this.limits = limits;
        this.resolvers = resolvers;
    }

    /**
     * What sends a request to an endpoint once it is subscribed to, and ends as the use of the response ends.
     *
     * @param tls secures an https connection; null: as Java does by default
     * @param attempt says which connection it may take, and begins when the request goes out
     * @param request made when it goes out; what it is sent to and its headers are complete
     * @param use of the response, on its connection's event loop
     * @return fails as connections do, before the response, or as its use does
     */
    public Mono<Void> send(
            URI endpoint,
            @Nullable ClientTls tls,
            UpstreamAttempt attempt,
            Supplier<FullHttpRequest> request,
            Function<UpstreamResponse, Publisher<Void>> use) {
        EventLoop preferred = attempt.preferred();
        EventLoop loop = preferred == null ? loops.next() : preferred;
        return new UpstreamExchange(connections(Target.of(endpoint, tls)), loop, attempt, request, use);
    }

    /** The connections to an endpoint. */
    EndpointConnections connections(Target target) {
        return endpoints.computeIfAbsent(
                target, added -> new EndpointConnections(this, added, settings.maxConnections()));
    }

    /** Reactor Netty's client for WebSockets, each on a connection of its own; their TLS is still to be chosen. */
    public HttpClient webSockets() {
        return EngineClient.create(
                        ConnectionProvider.newConnection(),
                        settings.connectTimeout(),
                        resolvers,
                        limits,
                        HttpResources.get())
                .disableRetry(true)
                .doOnChannelInit((observer, channel, remote) -> channels.add(channel));
    }

    /**
     * Fails every request with this error, as if its connection had: those under way, those that wait for a connection, and those that
     * come from now on. Closes all connections.
     */
    public void end(ApiException reason) {
        ended = reason;
        // Those who wait follow one by one, as each connection that closes makes room.
        channels.forEach(channel -> channel.eventLoop().execute(() -> {
            channel.pipeline().fireExceptionCaught(reason);
            var unused = channel.close();
        }));
    }

    /** Closes all connections. */
    @Override
    public void close() {
        for (Channel channel : channels) {
            // Where the event loops have ended, they have closed it, and nobody is left to be told.
            if (channel.isOpen()) {
                var unused = channel.close();
            }
        }
        resolvers.close();
    }

    long dnsRefreshNanos() {
        return settings.dnsRefresh().toNanos();
    }

    long acquireNanos() {
        return settings.acquireTimeout().toNanos();
    }

    /** Drops the list of an endpoint's connections where it is empty: pods come and go. */
    void forgetUnused(Target target) {
        endpoints.computeIfPresent(target, (key, unused) -> unused.dropIfUnused() ? null : unused);
    }

    /** Opens a connection and starts the exchange on it, or fails it. */
    void connect(EndpointConnections connections, UpstreamExchange exchange, boolean pooled) {
        Target target = connections.target();
        InetSocketAddress address = target.literal();
        if (address != null) {
            connect(connections, exchange, pooled, allowed(List.of(address)), 0, null);
            return;
        }
        lookUp(target, exchange.loop()).addListener((Future<List<InetSocketAddress>> resolved) -> {
            if (resolved.isSuccess()) {
                connections.lookedUp(resolved.getNow());
                connect(connections, exchange, pooled, allowed(resolved.getNow()), 0, null);
            } else {
                failed(connections, exchange, pooled, resolved.cause());
            }
        });
    }

    /** The addresses of a target that is given by name. */
    Future<List<InetSocketAddress>> lookUp(Target target, EventLoop loop) {
        return resolvers.getResolver(loop).resolveAll(InetSocketAddress.createUnresolved(target.host(), target.port()));
    }

    private static List<? extends SocketAddress> allowed(List<InetSocketAddress> resolved) {
        return AllowedHosts.among(resolved);
    }

    /** Tries one address after the other. */
    private void connect(
            EndpointConnections connections,
            UpstreamExchange exchange,
            boolean pooled,
            List<? extends SocketAddress> addresses,
            int at,
            @Nullable Throwable before) {
        ApiException reason = ended;
        if (reason != null) {
            failed(connections, exchange, pooled, reason);
            return;
        }
        if (at == addresses.size()) {
            Throwable why = before == null
                    ? new UnknownHostException(connections.target().host())
                    : before;
            failed(connections, exchange, pooled, why);
            return;
        }
        new Bootstrap()
                .group(exchange.loop())
                .channel(channelType)
                .disableResolver()
                // A write that fails leaves what can still be read.
                .option(ChannelOption.AUTO_CLOSE, false)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        Math.min(Integer.MAX_VALUE, settings.connectTimeout().toMillis()))
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channels.add(channel);
                        // In this order: else it could come too late to be closed with the others, and too early to be
                        // refused.
                        if (ended != null) {
                            var unused = channel.close();
                        }
                        SslHandler tls = connections.target().newTls(channel);
                        if (tls != null) {
                            channel.pipeline().addLast(tls);
                            ClientTls.limitHandshake(channel.pipeline(), settings.connectTimeout());
                        }
                        EngineClient.addCodec(channel.pipeline(), limits);
                        channel.pipeline().addLast(new UpstreamConnection(channel, connections, pooled, settings));
                    }
                })
                .connect(addresses.get(at))
                .addListener((ChannelFutureListener) connected -> {
                    if (connected.isSuccess()) {
                        secure(connected.channel(), exchange);
                    } else {
                        connect(connections, exchange, pooled, addresses, at + 1, connected.cause());
                    }
                });
    }

    /** Begins when the connection is secure, if it is to be. */
    private static void secure(Channel channel, UpstreamExchange exchange) {
        UpstreamConnection connection = channel.pipeline().get(UpstreamConnection.class);
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls == null) {
            exchange.start(connection);
            return;
        }
        tls.handshakeFuture().addListener(secured -> {
            if (secured.isSuccess()) {
                exchange.start(connection);
            } else {
                exchange.fail(secured.cause());
            }
        });
    }

    private static void failed(
            EndpointConnections connections, UpstreamExchange exchange, boolean pooled, Throwable cause) {
        connections.closed(null, pooled);
        exchange.fail(cause);
    }

    /**
     * Whose connections are alike.
     *
     * @param host without the brackets of an IPv6 address
     * @param tls null without TLS
     */
    record Target(String host, int port, ClientTls.@Nullable Current tls) {

        static Target of(URI endpoint, @Nullable ClientTls tls) {
            boolean https = "https".equals(endpoint.getScheme());
            String host = endpoint.getHost();
            int port = endpoint.getPort() > 0 ? endpoint.getPort() : https ? 443 : 80;
            return new Target(
                    host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
                    port,
                    https ? ClientTls.current(tls) : null);
        }

        @Nullable
        InetSocketAddress literal() {
            InetAddress address = NetUtil.createInetAddressFromIpAddressString(host);
            return address == null ? null : new InetSocketAddress(address, port);
        }

        @Nullable
        SslHandler newTls(Channel channel) {
            return tls == null ? null : tls.newHandler(channel.alloc(), host, port);
        }
    }
}
