package dev.warmlane.engines.client;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import java.nio.channels.NotYetConnectedException;
import reactor.netty.NettyPipeline;

/**
 * Ignores reads of a connection that is still connecting. When connections close and open in quick succession, as when clients
 * leave, Netty's epoll transport now and then reads such a one (as in Netty's issue 10411; probably for an event of the closed
 * connection whose file descriptor it got). Reactor Netty would fail the request, and still send it once connected: the engine
 * would compute a response that nobody waits for. Connecting itself tells whether it worked. One instance serves all
 * connections.
 */
@Sharable
final class ReadBeforeConnect extends ChannelInboundHandlerAdapter {
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
