package dev.warmlane.proxy.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * Closes a connection or a stream whose client takes in nothing of the response that waits for it: backpressure holds the endpoint up
 * for it, and the endpoint counts the request as its load. A client that reads as fast as it is sent to costs no timer. One for each
 * connection and stream, used on its event loop only.
 */
final class StalledClient extends ChannelDuplexHandler {
    private static final String NAME = "warmlane.stalled-client";

    /** Looks in the time that a client has: what waits may by chance be as much as it was. */
    private static final int LOOKS = 4;

    private final long betweenLooksNanos;
    private @Nullable Future<?> timer;
    private long waiting;
    private int looksWithoutProgress;

    /** @param longest a client may take in nothing */
    StalledClient(Duration longest) {
        this.betweenLooksNanos = Math.max(1, longest.toNanos() / LOOKS);
    }

    /** Takes its place in front of the codec. */
    void addTo(ChannelPipeline pipeline) {
        pipeline.addBefore(NettyPipeline.HttpCodec, NAME, this);
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {
        ctx.flush();
        if (timer == null) {
            waiting = waiting(ctx.channel());
            if (waiting > 0) {
                looksWithoutProgress = 0;
                lookLater(ctx);
            }
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        looksWithoutProgress = 0;
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (timer != null) {
            timer.cancel(false);
        }
        ctx.fireChannelInactive();
    }

    private void lookLater(ChannelHandlerContext ctx) {
        timer = ctx.executor().schedule(() -> look(ctx), betweenLooksNanos, TimeUnit.NANOSECONDS);
    }

    private void look(ChannelHandlerContext ctx) {
        timer = null;
        long now = waiting(ctx.channel());
        looksWithoutProgress = now == waiting ? looksWithoutProgress + 1 : 0;
        waiting = now;
        if (now == 0 || !ctx.channel().isActive()) {
            return;
        }
        if (looksWithoutProgress < LOOKS) {
            lookLater(ctx);
        } else {
            var unused = ctx.channel().close();
        }
    }

    /**
     * Bytes that are to be sent and could not be yet, down to the byte: of a large chunk a slow client takes a part at a time. Streams of
     * HTTP/2 have no outbound buffer to ask.
     */
    private static long waiting(Channel channel) {
        ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
        long sentOfFirst = buffer == null ? 0 : buffer.currentProgress();
        return channel.isWritable()
                ? channel.config().getWriteBufferHighWaterMark() + 1L - channel.bytesBeforeUnwritable() - sentOfFirst
                : channel.config().getWriteBufferLowWaterMark() + channel.bytesBeforeWritable() - sentOfFirst;
    }
}
