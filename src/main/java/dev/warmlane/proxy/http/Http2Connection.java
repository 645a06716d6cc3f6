package dev.warmlane.proxy.http;

import dev.warmlane.settings.LimitSettings;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Closes a connection of HTTP/2 on which no request is under way for long. One for each connection, on its event loop only. */
final class Http2Connection extends ChannelInboundHandlerAdapter {
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
