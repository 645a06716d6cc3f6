package dev.warmlane.proxy.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection or a stream whose client takes in nothing of what waits for it: backpressure holds the endpoint up for it, and
 * the endpoint counts the request as its load. What is added to that meanwhile, such as the next event or the answer to a ping, is no
 * sign of life. A client that reads as fast as it is sent to costs no timer. One for each connection and stream, used on its event loop
 * only.
 */
final class StalledClient extends ChannelDuplexHandler {
    private static final String NAME = "warmlane.stalled-client";

    /** Looks in the time that a client has: the timer does not begin anew with every byte that is taken. */
    private static final int LOOKS = 4;

    private final long betweenLooksNanos;
    private @Nullable Future<?> timer;
    private long waiting;
    private boolean progress;
    private int looksWithoutProgress;

    /** @param longest a client may take in nothing */
    StalledClient(Duration longest) {
        this.betweenLooksNanos = Math.max(1, longest.toNanos() / LOOKS);
    }

    /** Takes its place next to the socket, behind TLS and any codec, where whatever is written is what will wait. */
    void addTo(ChannelPipeline pipeline) {
        pipeline.addFirst(NAME, this);
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // The promise tells whoever wrote.
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (timer == null) {
            ctx.write(message, promise);
            return;
        }
        observe(ctx.channel());
        ctx.write(message, promise);
        waiting = waiting(ctx.channel());
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {
        ctx.flush();
        if (timer == null) {
            waiting = waiting(ctx.channel());
            if (waiting > 0) {
                progress = false;
                looksWithoutProgress = 0;
                lookLater(ctx);
            }
        }
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
        observe(ctx.channel());
        looksWithoutProgress = progress ? 0 : looksWithoutProgress + 1;
        progress = false;
        if (waiting == 0 || !ctx.channel().isActive()) {
            return;
        }
        if (looksWithoutProgress < LOOKS) {
            lookLater(ctx);
        } else {
            close(ctx);
        }
    }

    /**
     * A connection is closed at once, because TLS and HTTP/2 would first tell the client, who takes in nothing. A stream is closed as
     * anybody closes it: what waits of it is dropped.
     */
    private static void close(ChannelHandlerContext ctx) {
        var unused = ctx.channel() instanceof Http2StreamChannel ? ctx.channel().close() : ctx.close();
    }

    /** Between two writes, less can only be waiting if the client has taken it. */
    private void observe(Channel channel) {
        long now = waiting(channel);
        progress |= now < waiting;
        waiting = now;
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
