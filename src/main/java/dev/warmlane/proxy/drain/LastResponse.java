package dev.warmlane.proxy.drain;

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
import reactor.netty.NettyPipeline;

/** Says {@code Connection: close} in the next response of a connection, whose end it thereby is, or GOAWAY where that is HTTP/2. Keeps no state. */
@Sharable
final class LastResponse extends ChannelOutboundHandlerAdapter {
    private static final String NAME = "warmlane.last-response";

    /** Takes its place, once, before Reactor Netty decides whether the connection goes on. On the channel's event loop. */
    void addTo(ChannelPipeline pipeline) {
        if (pipeline.get(Http2FrameCodec.class) != null) {
            goAway(pipeline, Integer.MAX_VALUE);
        } else if (pipeline.get(NAME) == null && pipeline.get(NettyPipeline.HttpTrafficHandler) != null) {
            pipeline.addAfter(NettyPipeline.HttpTrafficHandler, NAME, this);
        }
    }

    /** The connection has turned out to be one of HTTP/2. */
    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (ctx.pipeline().get(Http2FrameCodec.class) != null) {
            goAway(ctx.pipeline(), Integer.MAX_VALUE);
        }
    }

    /** Nothing that begins from now on is served; on the channel's event loop. Does nothing where it is not HTTP/2. */
    static void refuseMore(ChannelPipeline pipeline) {
        if (pipeline.get(Http2FrameCodec.class) != null) {
            goAway(pipeline, 0);
        }
    }

    /**
     * Asks the client to begin nothing more on this connection.
     *
     * @param underWay streams that may be on their way and are served
     */
    @SuppressWarnings("FutureReturnValueIgnored") // Whoever cannot be told has gone.
    private static void goAway(ChannelPipeline pipeline, int underWay) {
        pipeline.writeAndFlush(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR).setExtraStreamIds(underWay));
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
