package dev.warmlane.proxy.upstream;

import dev.warmlane.settings.UpstreamSettings;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.ReferenceCountUtil;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * A connection to an endpoint, the last handler of its pipeline. It carries one exchange after the other, and closes when an exchange
 * is given up, when nothing has come for too long, and when it has been idle for too long. It reads on between exchanges, so that
 * the end of the connection is noticed at once and read interest need not be switched. On its event loop only.
 */
final class UpstreamConnection extends ChannelInboundHandlerAdapter implements ChannelFutureListener {
    private final Channel channel;
    private final EndpointConnections connections;
    private final boolean pooled;
    private final long responseNanos;
    private final long refusalNanos;
    private final long idleNanos;
    private final long keepAliveNanos;
    private @Nullable UpstreamExchange exchange;
    private boolean sent;
    private boolean responded;
    private boolean persistent;
    /** Whether whoever reads the response hands nothing of it on before it is whole. */
    private boolean joined;

    private long longestSilence;
    private long quietSince;
    /** Whether this read has brought a head or a part of a body that counts: without either, bytes that drip are silence as well. */
    private boolean heard;

    /** One timer for all times: when it fires early, it looks what is left. */
    private @Nullable Future<?> timer;

    private long timerAt;

    /** @param pooled whether others get it when the exchange is over */
    UpstreamConnection(Channel channel, EndpointConnections connections, boolean pooled, UpstreamSettings settings) {
        this.channel = channel;
        this.connections = connections;
        this.pooled = pooled;
        this.responseNanos = settings.responseTimeout().toNanos();
        this.refusalNanos = settings.refusalTimeout().toNanos();
        this.idleNanos = settings.idleTimeout().toNanos();
        this.keepAliveNanos = settings.keepAlive().toNanos();
    }

    Channel channel() {
        return channel;
    }

    /** Whether an exchange can still begin on it; one that has been idle for too long is about to be closed from the other side. */
    boolean isUsable() {
        return channel.isActive() && System.nanoTime() - quietSince < keepAliveNanos;
    }

    void send(UpstreamExchange next, FullHttpRequest request) {
        exchange = next;
        sent = false;
        responded = false;
        persistent = false;
        joined = false;
        limitSilence(responseNanos);
        channel.writeAndFlush(request).addListener(this);
    }

    /**
     * The request is out, or cannot be sent. Where the engine takes no more of it, what it has said before is still to be read, such
     * as a 413, and then the end of the connection; it has been said by then, so nobody waits for it for long.
     */
    @Override
    public void operationComplete(ChannelFuture written) {
        if (written.isSuccess()) {
            sent = true;
        } else if (exchange != null && written.cause() != null) {
            if (!isRefused(written.cause())) {
                fail(written.cause());
            } else if (!responded) {
                limitSilence(refusalNanos);
            }
        }
    }

    /** Whether it is the socket that takes no more, and may still be read. */
    private boolean isRefused(Throwable cause) {
        return cause instanceof ChannelOutputShutdownException && channel.isOpen();
    }

    /** Nobody has used it. */
    void unused() {
        if (pooled) {
            idle();
        } else {
            close();
        }
    }

    void pause(UpstreamExchange reader) {
        if (exchange == reader) {
            channel.config().setAutoRead(false);
        }
    }

    void resume(UpstreamExchange reader) {
        if (exchange == reader && !channel.config().isAutoRead()) {
            quietSince = System.nanoTime();
            channel.config().setAutoRead(true);
        }
    }

    /** Parts of the response are no progress from now on: its end must come as soon as the next part would have to. */
    void join(UpstreamExchange reader) {
        if (exchange == reader) {
            joined = true;
        }
    }

    /** Nobody waits for the rest of this exchange. */
    void abandon(UpstreamExchange over) {
        if (exchange == over) {
            exchange = null;
            close();
        }
    }

    /** From now on, the response under way on any connection to an endpoint may be silent for no longer than this; on its event loop. */
    static void limitSilence(ChannelPipeline pipeline, Duration longest) {
        UpstreamConnection connection = pipeline.get(UpstreamConnection.class);
        if (connection != null) {
            connection.limitSilence(longest.toNanos());
        } else if (pipeline.get(NettyPipeline.ResponseTimeoutHandler) != null) {
            pipeline.replace(
                    NettyPipeline.ResponseTimeoutHandler,
                    NettyPipeline.ResponseTimeoutHandler,
                    new ReadTimeoutHandler(longest.toMillis(), TimeUnit.MILLISECONDS));
        }
    }

    private void limitSilence(long nanos) {
        longestSilence = nanos;
        quietSince = System.nanoTime();
        watch(quietSince + nanos);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        UpstreamExchange current = exchange;
        if (current == null || !(message instanceof HttpObject part)) {
            ReferenceCountUtil.release(message);
            return;
        }
        DecoderResult read = part.decoderResult();
        if (read.isFailure()) {
            ReferenceCountUtil.release(message);
            fail(read.cause());
            return;
        }
        if (message instanceof HttpResponse head) {
            persistent = HttpUtil.isKeepAlive(head);
            responded = true;
            heard = true;
            longestSilence = idleNanos;
            current.head(head, channel);
        }
        if (message instanceof HttpContent content) {
            if (content.content().isReadable()) {
                heard |= !joined;
                current.chunk(content.content());
            } else {
                content.release();
            }
            if (message instanceof LastHttpContent) {
                complete(current);
            }
        }
    }

    /** Others may have it before the response has been read to its end. */
    private void complete(UpstreamExchange whole) {
        if (exchange == whole) {
            exchange = null;
            if (pooled && persistent && sent && channel.isActive() && connections.leadsTo(channel)) {
                if (!channel.config().isAutoRead()) {
                    channel.config().setAutoRead(true);
                }
                idle();
            } else {
                close();
            }
        }
        whole.complete();
    }

    private void idle() {
        quietSince = System.nanoTime();
        watch(quietSince + keepAliveNanos);
        connections.release(this);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (heard && exchange != null) {
            quietSince = System.nanoTime();
            watch(quietSince + longestSilence);
        }
        heard = false;
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (timer != null) {
            timer.cancel(false);
        }
        fail(new ClosedChannelException());
        connections.closed(this, pooled);
    }

    /** After TLS has said that nothing more comes, nothing does, whenever the socket itself is closed. */
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof SslCloseCompletionEvent) {
            close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        fail(cause);
    }

    /** The exchange under way, if any, fails, and the connection ends with it. */
    void fail(Throwable cause) {
        UpstreamExchange failed = exchange;
        exchange = null;
        close();
        if (failed != null) {
            failed.fail(cause);
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // Closed or broken, the connection is over.
    private void close() {
        channel.close();
    }

    private void watch(long atNanos) {
        if (timer != null) {
            if (timerAt - atNanos <= 0) {
                return;
            }
            timer.cancel(false);
        }
        timerAt = atNanos;
        timer = channel.eventLoop()
                .schedule(this::look, Math.max(0, atNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    private void look() {
        timer = null;
        if (!channel.config().isAutoRead()) {
            // It is the client that takes its time.
            quietSince = System.nanoTime();
        }
        long end = quietSince + (exchange == null ? keepAliveNanos : longestSilence);
        if (end - System.nanoTime() > 0) {
            watch(end);
        } else {
            fail(ReadTimeoutException.INSTANCE);
        }
    }
}
