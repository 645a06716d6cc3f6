package dev.warmlane.engines.probe;

import dev.warmlane.engines.client.EngineFailure.UnusableResponse;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * A connection to an engine, for one request at a time. Beyond the codec it costs nothing: no operators, no pool, and reading is
 * never switched off, since what is read is small or passed over. For its event loop only.
 */
final class ProbeConnection extends ChannelInboundHandlerAdapter {
    private final Channel channel;
    private final long longestNanos;
    private final long bornNanos = System.nanoTime();
    private @Nullable Exchange exchange;
    private boolean isKept = true;
    /** Whether anything has come in response to the request. */
    private boolean heard;

    /** Who has asked, and is told once how it ended. */
    interface Exchange {
        /** A part of the body of a 200, which may be reused after that. An exception ends the exchange with it. */
        void content(ByteBuf part);

        /** The response is complete, and the connection at rest. */
        void completed();

        /**
         * It has failed, and the connection is closed.
         *
         * @param unheard whether it closed before anything came
         */
        void failed(Throwable why, boolean unheard);
    }

    /**
     * Takes over a connection that {@link dev.warmlane.engines.client.EngineClient#connector} has made.
     *
     * @param longest that it is used for further requests
     */
    ProbeConnection(Channel channel, Duration longest) {
        this.channel = channel;
        this.longestNanos = longest.toNanos();
        channel.pipeline().addBefore(NettyPipeline.ReactiveBridge, "warmlane.probe", this);
        channel.config().setAutoRead(true);
    }

    /** Whether it can take another request. */
    boolean isUsable() {
        return isKept && exchange == null && channel.isActive() && System.nanoTime() - bornNanos < longestNanos;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // What cannot be written closes the connection, which tells.
    void send(FullHttpRequest request, Exchange newExchange) {
        exchange = newExchange;
        heard = false;
        channel.writeAndFlush(request, channel.voidPromise());
    }

    /** Closes it and tells nobody. */
    @SuppressWarnings("FutureReturnValueIgnored")
    void close() {
        exchange = null;
        channel.close();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            if (exchange != null && message instanceof HttpObject part) {
                read(exchange, part);
            }
        } catch (UnusableResponse e) {
            fail(e);
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void read(Exchange reading, HttpObject part) {
        heard = true;
        if (part.decoderResult().isFailure()) {
            fail(part.decoderResult().cause());
            return;
        }
        if (part instanceof HttpResponse response) {
            isKept = HttpUtil.isKeepAlive(response);
            if (!response.status().equals(HttpResponseStatus.OK)) {
                fail(UnusableResponse.status(response.status().code()));
                return;
            }
        }
        if (part instanceof HttpContent content) {
            reading.content(content.content());
        }
        if (part instanceof LastHttpContent) {
            exchange = null;
            reading.completed();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        fail(new ClosedChannelException());
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        fail(cause);
    }

    private void fail(Throwable why) {
        Exchange failed = exchange;
        close();
        if (failed != null) {
            failed.failed(why, !heard);
        }
    }
}
