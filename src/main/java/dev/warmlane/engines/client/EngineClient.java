package dev.warmlane.engines.client;

import dev.warmlane.engines.discovery.AllowedHosts;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.resolver.AddressResolverGroup;
import java.net.InetSocketAddress;
import java.nio.channels.NotYetConnectedException;
import java.time.Duration;
import java.util.List;
import reactor.netty.NettyPipeline;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpClient;
import reactor.netty.transport.ClientTransport;

/**
 * Builds the HTTP clients for endpoints. All of them connect only to addresses that an endpoint may have, give up connecting
 * after the same time, and take exactly one response for a request. What is built is safe for concurrent use.
 */
public final class EngineClient {
    /**
     * What a {@linkplain #connector connector's} connections read at once: a page of an engine's metrics, mostly. Of one size, which the
     * allocator keeps: buffers that grow and shrink are given back to the system again and again.
     */
    public static final int READ_BYTES = 64 << 10;

    private static final ReadBeforeConnect READ_BEFORE_CONNECT = new ReadBeforeConnect();

    private EngineClient() {}

    /**
     * A client for endpoints whose TLS is still to be chosen.
     *
     * @param connectTimeout what connecting may take, and the TLS handshake after that
     * @param names of endpoints; closed by the caller
     * @param limits of responses
     * @param loops the threads it runs on
     */
    public static HttpClient create(
            ConnectionProvider connections,
            Duration connectTimeout,
            AddressResolverGroup<InetSocketAddress> names,
            HeaderLimits limits,
            LoopResources loops) {
        return guarded(HttpClient.create(connections), connectTimeout, names, loops)
                .httpResponseDecoder(decoder -> decoder.maxHeaderSize(limits.bytes()))
                .doOnChannelInit((observer, channel, remote) -> {
                    ClientTls.limitHandshake(channel.pipeline(), connectTimeout);
                    addGuards(channel.pipeline(), limits);
                });
    }

    /**
     * What connects to endpoints for callers that keep the connection and speak HTTP/1.1 on it themselves, with objects of
     * Netty's codec: {@link HttpClient} costs more than a small request that comes again and again. Its connections read when
     * they are told to, and their TLS is still to be chosen.
     *
     * @param connectTimeout as of {@link #create}
     * @param names as of {@link #create}
     */
    public static TcpClient connector(
            Duration connectTimeout,
            AddressResolverGroup<InetSocketAddress> names,
            HeaderLimits limits,
            LoopResources loops) {
        return guarded(TcpClient.newConnection(), connectTimeout, names, loops)
                .doOnChannelInit((observer, channel, remote) -> {
                    HttpDecoderConfig config = new HttpDecoderConfig()
                            .setMaxHeaderSize(limits.bytes())
                            .setMaxChunkSize(Integer.MAX_VALUE);
                    channel.config()
                            .setRecvByteBufAllocator(new FixedRecvByteBufAllocator(READ_BYTES).maxMessagesPerRead(16));
                    channel.pipeline()
                            .addBefore(
                                    NettyPipeline.ReactiveBridge,
                                    NettyPipeline.HttpCodec,
                                    new HttpClientCodec(config, false, false));
                    ClientTls.limitHandshake(channel.pipeline(), connectTimeout);
                    addGuards(channel.pipeline(), limits);
                });
    }

    private static <T extends ClientTransport<T, ?>> T guarded(
            ClientTransport<T, ?> client,
            Duration connectTimeout,
            AddressResolverGroup<InetSocketAddress> names,
            LoopResources loops) {
        return client.runOn(loops, LoopResources.DEFAULT_NATIVE)
                .resolver(names)
                .resolvedAddressesSelector((config, resolved) -> AllowedHosts.among(resolved))
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        Math.min(Integer.MAX_VALUE, connectTimeout.toMillis()));
    }

    private static void addGuards(ChannelPipeline pipeline, HeaderLimits limits) {
        new SingleResponseGuard(limits.count()).addTo(pipeline);
        READ_BEFORE_CONNECT.addTo(pipeline);
    }

    /**
     * Has a connection, of which TLS at most is there, speak HTTP/1.1 with an engine. Like all of Netty's it says so where it is read
     * before it is connected.
     */
    public static void addCodec(ChannelPipeline pipeline, HeaderLimits limits) {
        HttpDecoderConfig decoder = new HttpDecoderConfig().setMaxHeaderSize(limits.bytes());
        pipeline.addLast(NettyPipeline.HttpCodec, new EngineCodec(decoder));
        addGuards(pipeline, limits);
    }

    /**
     * How many headers a response of an engine may have; one with more fails.
     *
     * @param bytes of all of them together
     * @param count of lines, trailers included
     */
    public record HeaderLimits(int bytes, int count) {
        /** What the gateway's settings are by default. */
        public static final HeaderLimits DEFAULT = new HeaderLimits(64 << 10, 128);
    }

    /**
     * Ignores reads of a connection that is still connecting. When connections close and open in quick succession, as when clients
     * leave, Netty's epoll transport now and then reads such a one (as in Netty's issue 10411; probably for an event of the closed
     * connection whose file descriptor it got). Reactor Netty would fail the request, and still send it once connected: the engine
     * would compute a response that nobody waits for. Connecting itself tells whether it worked. One instance serves all
     * connections.
     */
    @Sharable
    static final class ReadBeforeConnect extends ChannelInboundHandlerAdapter {
        private static final String NAME = "warmlane.read-before-connect";

        /** Takes its place next to the codec. */
        void addTo(ChannelPipeline pipeline) {
            pipeline.addAfter(NettyPipeline.HttpCodec, NAME, this);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            if (!(cause instanceof NotYetConnectedException) || ctx.channel().isActive()) {
                ctx.fireExceptionCaught(cause);
            }
        }
    }

    /**
     * HTTP/1.1 with an engine, one request after the other. As Netty's {@code HttpClientCodec}, whose encoder is its own business, but a small
     * request goes out in one buffer. One for each connection.
     */
    static final class EngineCodec extends CombinedChannelDuplexHandler<HttpResponseDecoder, HttpRequestEncoder> {
        /** What most heads take; those that take more have the buffer grow. */
        private static final int HEAD_BYTES = 512;

        /** Whether the request was HEAD, whose response has no body, whatever its headers say. */
        private boolean head;

        EngineCodec(HttpDecoderConfig config) {
            init(new Decoder(config), new Encoder());
        }

        private final class Decoder extends HttpResponseDecoder {
            Decoder(HttpDecoderConfig config) {
                super(config);
            }

            @Override
            protected boolean isContentAlwaysEmpty(HttpMessage message) {
                boolean last = message instanceof HttpResponse response
                        && response.status().codeClass() != HttpStatusClass.INFORMATIONAL;
                return (last && head) || super.isContentAlwaysEmpty(message);
            }
        }

        private final class Encoder extends HttpRequestEncoder {
            @Override
            protected void encode(ChannelHandlerContext ctx, Object message, List<Object> out) throws Exception {
                if (message instanceof HttpRequest request) {
                    head = HttpMethod.HEAD.equals(request.method());
                }
                if (message instanceof FullHttpRequest whole && isBetterCopied(whole)) {
                    out.add(inOneBuffer(ctx.alloc(), whole));
                } else {
                    super.encode(ctx, message, out);
                    SmallBuffers.join(ctx.alloc(), out);
                }
            }

            /** The channel copies what is on the heap anyhow. */
            private static boolean isBetterCopied(FullHttpRequest request) {
                return (SmallBuffers.isSmall(request.content())
                                || request.content().hasArray())
                        && request.headers().contains(HttpHeaderNames.CONTENT_LENGTH);
            }

            private ByteBuf inOneBuffer(ByteBufAllocator allocator, FullHttpRequest request) throws Exception {
                ByteBuf all =
                        allocator.directBuffer(HEAD_BYTES + request.content().readableBytes());
                boolean written = false;
                try {
                    encodeInitialLine(all, request);
                    encodeHeaders(request.headers(), all);
                    ByteBufUtil.writeShortBE(all, SmallBuffers.CRLF);
                    all.writeBytes(request.content());
                    written = true;
                    return all;
                } finally {
                    request.release();
                    if (!written) {
                        all.release();
                    }
                }
            }

            @Override
            protected void encodeHeaders(HttpHeaders headers, ByteBuf to) {
                SmallBuffers.writeHeaders(headers, to);
            }
        }
    }
}
