package dev.warmlane.proxy.http;

import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.settings.LimitSettings;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * Serves HTTP/2 on a connection that begins with its preface, whether TLS has agreed on it or the client knows it beforehand,
 * and steps aside on all others. There is no upgrade from HTTP/1.1. One for each connection.
 */
final class Http2Preface extends ByteToMessageDecoder {
    private static final String NAME = "warmlane.http2-preface";
    private static final String FRAMES = "warmlane.http2-frames";
    private static final String CODEC = "warmlane.http2-codec";

    private static final ByteBuf PREFACE = Http2CodecUtil.connectionPrefaceBuf();

    /** What a client may send of a body before anybody reads it. */
    private static final int STREAM_WINDOW_BYTES = 256 << 10;

    /** What all streams of a connection may. */
    private static final int CONNECTION_WINDOW_BYTES = 1 << 20;

    /** Streams that a client may cancel before its connection is closed: one cancels for many where it is a proxy. */
    private static final int MAX_RESETS = 1000;

    private static final int RESETS_WINDOW_SECONDS = 30;

    private final LimitSettings limits;
    private final ChannelHandler streams;
    private final BiConsumer<String, ApiException> refusedRequests;
    private final boolean refused;
    private @Nullable Future<?> late;

    /**
     * @param streams makes the pipeline of a stream
     * @param refusedRequests told each request that is refused before it has a pipeline of its own, and its id
     * @param refused whether the connection is one too many
     */
    Http2Preface(
            LimitSettings limits,
            ChannelHandler streams,
            BiConsumer<String, ApiException> refusedRequests,
            boolean refused) {
        this.limits = limits;
        this.streams = streams;
        this.refusedRequests = refusedRequests;
        this.refused = refused;
    }

    /** Takes its place before the codec of HTTP/1. */
    void addTo(ChannelPipeline pipeline) {
        pipeline.addBefore(NettyPipeline.HttpCodec, NAME, this);
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // Closed or broken, the connection is over.
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        int length = Math.min(in.readableBytes(), PREFACE.readableBytes());
        if (!ByteBufUtil.equals(in, in.readerIndex(), PREFACE, PREFACE.readerIndex(), length)) {
            if (isOnlyHttp2(ctx.pipeline()) || isNoHttp(in)) {
                in.skipBytes(in.readableBytes());
                ctx.close();
            } else {
                ctx.pipeline().remove(this);
            }
        } else if (length == PREFACE.readableBytes()) {
            serveHttp2(ctx.pipeline());
        } else if (late == null && length > 0) {
            // Nobody behind has seen any of it, so nobody else would find it late.
            late = ctx.executor()
                    .schedule(() -> ctx.close(), limits.headerTimeout().toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) {
        if (late != null) {
            late.cancel(false);
        }
    }

    private static boolean isOnlyHttp2(ChannelPipeline pipeline) {
        SslHandler tls = pipeline.get(SslHandler.class);
        return tls != null && ApplicationProtocolNames.HTTP_2.equals(tls.applicationProtocol());
    }

    /** Whether a line has come that is no request of HTTP/1 either: a preface that is wrong gets no response in another protocol. */
    private static boolean isNoHttp(ByteBuf in) {
        int end = in.bytesBefore((byte) '\n');
        String line = end < 0 ? "" : in.toString(in.readerIndex(), end, StandardCharsets.ISO_8859_1);
        // Before its first request a client of HTTP/1 may send an empty line (RFC 9112, section 2.2).
        return !line.isBlank() && !line.contains(" HTTP/");
    }

    /** Puts it in the place of everything that serves HTTP/1. */
    private void serveHttp2(ChannelPipeline pipeline) {
        Http2FrameCodec codec = new Http2Codec.Builder(refusedRequests)
                .initialSettings(Http2Settings.defaultSettings()
                        .maxConcurrentStreams(limits.streamsPerConnection())
                        .maxHeaderListSize(limits.headers().toBytes())
                        .initialWindowSize(STREAM_WINDOW_BYTES))
                .validateRequiredPseudoHeaders(true)
                .decoderEnforceMaxRstFramesPerWindow(MAX_RESETS, RESETS_WINDOW_SECONDS)
                // Requests end when they end; whoever cannot wait closes their streams.
                .gracefulShutdownTimeoutMillis(-1)
                .build();
        List<String> names = new ArrayList<>(pipeline.toMap().keySet());
        pipeline.addAfter(NAME, CODEC, codec);
        pipeline.addAfter(
                NAME, FRAMES, new Http2Frames(codec, limits.headerTimeout().toNanos(), limits.streamsPerConnection()));
        pipeline.addLast(new Http2MultiplexHandler(streams));
        pipeline.addLast(new Http2Connection(codec, limits, CONNECTION_WINDOW_BYTES, refused));
        pipeline.channel().config().setAutoRead(true);
        names.subList(names.indexOf(NAME) + 1, names.size()).forEach(pipeline::remove);
        // Last, as this hands on what has been read.
        pipeline.remove(this);
    }

    /** Closes a connection of HTTP/2 on which no request is under way for long. One for each connection, on its event loop only. */
    private static final class Http2Connection extends ChannelInboundHandlerAdapter {
        private final Http2FrameCodec codec;
        private final int windowBytes;
        private final long idleNanos;
        private long quietSince;
        private @Nullable Future<?> timer;

        /**
         * @param windowBytes that all streams may have sent and nobody has read
         * @param refused whether it is one too many, and closed as soon as it has been told
         */
        Http2Connection(Http2FrameCodec codec, LimitSettings limits, int windowBytes, boolean refused) {
            this.codec = codec;
            this.windowBytes = windowBytes;
            this.idleNanos = (refused ? limits.headerTimeout() : limits.idleTimeout()).toNanos();
        }

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) throws Http2Exception {
            Http2Stream connection = codec.connection().connectionStream();
            int more = windowBytes - codec.connection().local().flowController().windowSize(connection);
            codec.connection().local().flowController().incrementWindowSize(connection, more);
            codec.connection().addListener(new Http2ConnectionAdapter() {
                @Override
                public void onStreamRemoved(Http2Stream stream) {
                    quietSince = System.nanoTime();
                }
            });
            quietSince = System.nanoTime();
            schedule(ctx, idleNanos);
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext ctx) {
            if (timer != null) {
                timer.cancel(false);
            }
        }

        private void schedule(ChannelHandlerContext ctx, long nanos) {
            timer = ctx.executor().schedule(() -> checkIdle(ctx), nanos, TimeUnit.NANOSECONDS);
        }

        @SuppressWarnings("FutureReturnValueIgnored") // Closed or broken, the connection is over.
        private void checkIdle(ChannelHandlerContext ctx) {
            boolean busy = codec.connection().numActiveStreams() > 0;
            long left = busy ? idleNanos : idleNanos - (System.nanoTime() - quietSince);
            if (left > 0) {
                schedule(ctx, left);
            } else {
                ctx.close();
            }
        }

        /** The codec deals with what the client does wrong, once it has told; what is left is a broken connection. */
        @Override
        @SuppressWarnings("FutureReturnValueIgnored") // Closed or broken, the connection is over.
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            if (!(cause instanceof Http2Exception)) {
                ctx.close();
            }
        }
    }
}
