package dev.warmlane.proxy.upstream;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import java.nio.channels.NotYetConnectedException;
import reactor.netty.NettyPipeline;

/**
 * Overhears that a connection was read before it was made. When connections are closed and opened in quick succession, as when
 * clients leave, Netty's epoll transport now and then reads one that is still connecting (as in Netty's issue 10411; probably
 * for an event of a closed connection whose file descriptor it got). Reactor Netty then fails the request, and once the
 * connection is made it sends it all the same: the engine computes a response that nobody waits for. Whether the connection can
 * be made, its own end of connecting tells. Safe for every connection at once.
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
