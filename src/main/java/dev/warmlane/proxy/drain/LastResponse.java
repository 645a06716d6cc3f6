package dev.warmlane.proxy.drain;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import reactor.netty.NettyPipeline;

/** Says {@code Connection: close} in the next response of a connection, whose end it thereby is. Keeps no state. */
@Sharable
final class LastResponse extends ChannelOutboundHandlerAdapter {
    private static final String NAME = "warmlane.last-response";

    /** Takes its place, once, before Reactor Netty decides whether the connection goes on. On the channel's event loop. */
    void addTo(ChannelPipeline pipeline) {
        if (pipeline.get(NAME) == null && pipeline.get(NettyPipeline.HttpTrafficHandler) != null) {
            pipeline.addAfter(NettyPipeline.HttpTrafficHandler, NAME, this);
        }
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
