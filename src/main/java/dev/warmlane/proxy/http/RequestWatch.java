package dev.warmlane.proxy.http;

import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.settings.LimitSettings;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;
import reactor.netty.channel.AbortedException;
import reactor.netty.channel.ChannelOperations;

/**
 * Follows what a client sends, and breaks off what does not come as it should: a head that takes longer than it may gets 408, as
 * does a body that stands still or drips; a body whose chunks are broken gets 400, and a connection on which nothing is under way
 * is closed. A body that breaks off fails for its reader; Reactor Netty alone would hand it on as if it were complete. A request that
 * is to be the last, behind others, gets its response too. The time of a response is not limited here.
 *
 * <p>Sits after the codec, which says of the bytes of a head only that some have come. A head or a body that comes whole in one read, as
 * nearly all do, costs no timer; the idle timer is set once a connection and looks, when it fires, whether it was early.
 * One for each connection, used on its event loop only.
 */
final class RequestWatch extends ChannelDuplexHandler {
    private static final String NAME = "warmlane.request-watch";

    private final long headNanos;
    private final long bodyNanos;
    private final double bodyBytesPerNano;
    private final long idleNanos;
    private final LongSupplier clock;

    /** Null for a stream of HTTP/2, whose heads come whole. */
    private @Nullable StrictHttpCodec codec;

    /** Requests whose response is not complete. */
    private int underWay;

    private boolean inRequest;
    private boolean hadRequest;
    private boolean oldVersion;
    private boolean readSomething;
    private boolean responseBegun;
    private boolean closing;

    /** The client has sent the last request that it wants a response to, behind others; what comes after it is nobody's. */
    private boolean lastIsHere;

    private long quietSince;

    /** Since the timer of the body was set: when, what came, and when the last of it. */
    private long bodySince;

    private long bodyBytes;
    private long lastBodyNanos;
    private @Nullable Future<?> slowTimer;
    private @Nullable Future<?> idleTimer;

    /** @param clock in nanoseconds, such as {@link System#nanoTime} */
    RequestWatch(LimitSettings limits, LongSupplier clock) {
        this.headNanos = limits.headerTimeout().toNanos();
        this.bodyNanos = limits.bodyTimeout().toNanos();
        this.bodyBytesPerNano = limits.bodyMinRate().toBytes() / (double) TimeUnit.SECONDS.toNanos(1);
        this.idleNanos = limits.idleTimeout().toNanos();
        this.clock = clock;
    }

    /** Takes its place next to the codec. */
    void addTo(ChannelPipeline pipeline) {
        pipeline.addAfter(NettyPipeline.HttpCodec, NAME, this);
    }

    /** Whether a request has come. */
    boolean hadRequest() {
        return hadRequest;
    }

    /** Whether a head or a body has come in part, and the time for the rest of it runs. */
    boolean awaitsRest() {
        return slowTimer != null;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        codec = ctx.pipeline().get(NettyPipeline.HttpCodec) instanceof StrictHttpCodec http1 ? http1 : null;
        quietSince = clock.getAsLong();
        idleTimer = schedule(ctx, () -> checkIdle(ctx), idleNanos);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        cancelSlowTimer();
        if (idleTimer != null) {
            idleTimer.cancel(false);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        readSomething = true;
        if (message instanceof HttpContent content && content.content().isReadable() && slowTimer != null) {
            bodyBytes += content.content().readableBytes();
            lastBodyNanos = clock.getAsLong();
        }
        if (lastIsHere && !inRequest) {
            ReferenceCountUtil.release(message);
            return;
        }
        if (message instanceof HttpRequest request) {
            cancelSlowTimer();
            inRequest = true;
            hadRequest = true;
            oldVersion |= request.protocolVersion().equals(HttpVersion.HTTP_1_0);
            underWay++;
            if (underWay > 1 && !HttpUtil.isKeepAlive(request)) {
                // Reactor Netty would close behind the response before.
                lastIsHere = true;
                HttpUtil.setKeepAlive(request, true);
            }
        }
        if (message instanceof LastHttpContent end && !(message instanceof HttpRequest)) {
            cancelSlowTimer();
            inRequest = false;
            if (end.decoderResult().isFailure()) {
                end.release();
                breakOff(
                        ctx,
                        end.decoderResult().cause() instanceof ApiException problem
                                ? problem
                                : ApiException.brokenBody());
                return;
            }
        }
        ctx.fireChannelRead(message);
    }

    /** A read that ends inside of a body, or that has brought less than a head, starts the time for the rest. */
    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        boolean hasRead = codec != null && codec.hasRead();
        if (slowTimer == null) {
            if (inRequest) {
                awaitBody(ctx, bodyNanos);
            } else if (hasRead && !readSomething) {
                slowTimer = schedule(ctx, () -> headIsLate(ctx), headNanos);
            }
        }
        readSomething = false;
        ctx.fireChannelReadComplete();
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // The promise tells whoever wrote.
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        boolean interim = message instanceof HttpResponse head && head.status().code() < HttpResponseStatus.OK.code();
        if (message instanceof HttpResponse response && !interim) {
            responseBegun = true;
            closing |= lastIsHere && underWay == 1;
            if (oldVersion && HttpUtil.isTransferEncodingChunked(response)) {
                // HTTP/1.0 knows no chunks (RFC 9112, section 6.1): the response ends with the connection.
                HttpUtil.setTransferEncodingChunked(response, false);
                closing = true;
            }
            if (closing) {
                HttpUtil.setKeepAlive(response, false);
            }
        }
        if (message instanceof LastHttpContent && !interim) {
            responseBegun = false;
            underWay = Math.max(0, underWay - 1);
            quietSince = clock.getAsLong();
            if (closing) {
                ctx.write(message, promise.unvoid()).addListener(ChannelFutureListener.CLOSE);
                return;
            }
        }
        ctx.write(message, promise);
    }

    /**
     * What the client does to its connection has a name for the request under way: upstreams reset theirs as well. Where there is
     * none, Reactor Netty knows it as it is and keeps it out of the log.
     */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        boolean leaves = AbortedException.isConnectionReset(cause) && ChannelOperations.get(ctx.channel()) != null;
        ctx.fireExceptionCaught(leaves ? new AbortedException(cause) : cause);
    }

    private void headIsLate(ChannelHandlerContext ctx) {
        slowTimer = null;
        if (underWay > 0) {
            // It follows a request that is still under way, so it has time until then.
            slowTimer = schedule(ctx, () -> headIsLate(ctx), headNanos);
            return;
        }
        FullHttpResponse late = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.REQUEST_TIMEOUT, Unpooled.EMPTY_BUFFER);
        late.headers()
                .setInt(HttpHeaderNames.CONTENT_LENGTH, 0)
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        ctx.writeAndFlush(late).addListener(ChannelFutureListener.CLOSE);
    }

    private void awaitBody(ChannelHandlerContext ctx, long nanos) {
        bodySince = clock.getAsLong();
        bodyBytes = 0;
        slowTimer = schedule(ctx, () -> checkBody(ctx), nanos);
    }

    private void checkBody(ChannelHandlerContext ctx) {
        slowTimer = null;
        long now = clock.getAsLong();
        if (underWay > 1) {
            // It waits behind a request that is still under way, maybe unread.
            awaitBody(ctx, bodyNanos);
        } else if (bodyBytes == 0 || bodyBytes < bodyBytesPerNano * (now - bodySince)) {
            breakOff(ctx, ApiException.bodyTooSlow());
        } else {
            awaitBody(ctx, Math.max(0, lastBodyNanos + bodyNanos - now));
        }
    }

    /** Fails the request whose body is being read, if it can still get a response, and ends the connection with its response. */
    private void breakOff(ChannelHandlerContext ctx, ApiException failure) {
        if (underWay != 1 || responseBegun || closing) {
            close(ctx);
            return;
        }
        closing = true;
        // Nobody may be reading, and then there is no response.
        slowTimer = schedule(ctx, () -> close(ctx), bodyNanos);
        ctx.fireExceptionCaught(failure);
    }

    private void checkIdle(ChannelHandlerContext ctx) {
        long left = idleNanos;
        if (underWay == 0 && !inRequest && slowTimer == null) {
            left = idleNanos - (clock.getAsLong() - quietSince);
            if (left <= 0) {
                close(ctx);
                return;
            }
        }
        idleTimer = schedule(ctx, () -> checkIdle(ctx), left);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // Closed or broken, the connection is over.
    private static void close(ChannelHandlerContext ctx) {
        ctx.close();
    }

    private static Future<?> schedule(ChannelHandlerContext ctx, Runnable task, long nanos) {
        return ctx.executor().schedule(task, nanos, TimeUnit.NANOSECONDS);
    }

    private void cancelSlowTimer() {
        if (slowTimer != null) {
            slowTimer.cancel(false);
            slowTimer = null;
        }
    }
}
