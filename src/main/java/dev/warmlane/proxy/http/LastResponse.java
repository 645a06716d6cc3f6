package dev.warmlane.proxy.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.AttributeKey;
import reactor.netty.NettyPipeline;

/**
 * Says {@code Connection: close} in the next response of a connection, whose end it thereby is, or GOAWAY where that is HTTP/2. Keeps no
 * state of its own. Everything here happens on the connection's event loop.
 */
@Sharable
final class LastResponse extends ChannelOutboundHandlerAdapter {
    private static final String NAME = "warmlane.last-response";

    /** Of a connection of HTTP/2: whether GOAWAY has been sent. */
    private static final AttributeKey<Boolean> TOLD = AttributeKey.valueOf(LastResponse.class, "told");

    /** Of a connection of HTTP/2: whether that said that nothing more is served. */
    private static final AttributeKey<Boolean> REFUSING = AttributeKey.valueOf(LastResponse.class, "refusing");

    /** Takes its place, once, before Reactor Netty decides whether the connection goes on. */
    void addTo(Channel channel) {
        ChannelPipeline pipeline = channel.pipeline();
        if (pipeline.get(Http2FrameCodec.class) != null) {
            goAway(channel);
        } else if (pipeline.get(NAME) == null && pipeline.get(NettyPipeline.HttpTrafficHandler) != null) {
            pipeline.addAfter(NettyPipeline.HttpTrafficHandler, NAME, this);
        }
    }

    /**
     * Adds itself to a connection or a stream that has just been opened. A connection that turns out to be one of HTTP/2 is told with its
     * first stream: before, its client might take all of it for one too many.
     */
    void addToNew(Channel channel) {
        if (channel instanceof Http2StreamChannel && !isTold(channel.parent())) {
            goAway(channel.parent());
        }
        addTo(channel);
    }

    /** Whether a connection of HTTP/2 has been asked to begin nothing more. */
    static boolean isTold(Channel connection) {
        return connection.attr(TOLD).get() != null;
    }

    /** Whether this is a stream of HTTP/2 that was begun after the last one that its connection serves. */
    static boolean isBeyond(Channel channel) {
        return channel instanceof Http2StreamChannel
                && channel.parent().attr(REFUSING).get() != null;
    }

    /**
     * Says that nothing is served that begins from now on. Does nothing where it is not HTTP/2. Past the codec, which would take what its
     * client has already sent of a body of such a stream for a broken connection.
     */
    @SuppressWarnings("FutureReturnValueIgnored") // Whoever cannot be told has gone.
    static void refuseMore(Channel channel) {
        ChannelHandlerContext ctx = channel.pipeline().context(Http2FrameCodec.class);
        if (ctx != null) {
            channel.attr(TOLD).set(true);
            channel.attr(REFUSING).set(true);
            Http2FrameCodec codec = (Http2FrameCodec) ctx.handler();
            int last = codec.connection().remote().lastStreamCreated();
            codec.encoder()
                    .frameWriter()
                    .writeGoAway(ctx, last, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, ctx.newPromise());
            ctx.flush();
        }
    }

    /** Asks the client to begin nothing more on this connection; streams that are on their way are served. */
    @SuppressWarnings("FutureReturnValueIgnored") // Whoever cannot be told has gone.
    private static void goAway(Channel connection) {
        connection.attr(TOLD).set(true);
        connection.writeAndFlush(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR).setExtraStreamIds(Integer.MAX_VALUE));
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // The promise tells whoever wrote.
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof HttpResponse response
                && response.status().codeClass() != HttpStatusClass.INFORMATIONAL) {
            HttpUtil.setKeepAlive(response, false);
        }
        ctx.write(message, promise);
    }
}
