package dev.warmlane.proxy.http;

import dev.warmlane.proxy.error.LogRateLimit;
import dev.warmlane.settings.LimitSettings;
import dev.warmlane.settings.ManagementSettings;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.netty.NettyPipeline;

/**
 * Bounds the connections of clients, so that file descriptors are left for engines and the management port, and those to the
 * management port. Some of clients beyond the limit get an answer; answering all would only move the limit. Safe for concurrent use.
 */
public final class ConnectionLimit {
    private static final Logger log = LoggerFactory.getLogger(ConnectionLimit.class);
    private static final int FEWEST_ANSWERED = 8;
    private static final int MOST_ANSWERED = 64;

    /** What becomes of a connection. */
    public enum Place {
        /** To be served. */
        SERVED,
        /** To be told that there are too many. */
        ANSWERED,
        /** Closed already. */
        NONE
    }

    private final int most;
    private final int mostAnswered;
    private final String line;
    private final @Nullable Duration patience;
    private final AtomicInteger open = new AtomicInteger();
    private final LogRateLimit lines = new LogRateLimit(System.nanoTime());

    private ConnectionLimit(int most, int mostAnswered, String what, @Nullable Duration patience) {
        this.most = most;
        this.mostAnswered = mostAnswered;
        this.patience = patience;
        this.line = "too many connections %s: more than %d".formatted(what, most);
    }

    /** That of the public port. */
    static ConnectionLimit ofClients(LimitSettings limits) {
        int most = FileDescriptors.of(limits).forClients();
        int answered = Math.min(MOST_ANSWERED, Math.max(FEWEST_ANSWERED, most / 16));
        return new ConnectionLimit(most, answered, "of clients (warmlane.limits.connections)", null);
    }

    /**
     * That of the management port, where none gets an answer.
     *
     * @param patience how long the first request of a connection may take to come
     */
    public static ConnectionLimit ofManagement(ManagementSettings settings, Duration patience) {
        return new ConnectionLimit(
                settings.connections(), 0, "to the management port (warmlane.management.connections)", patience);
    }

    /** Gives a connection a place, which it has until it is closed. */
    @SuppressWarnings("FutureReturnValueIgnored") // Nobody waits for either.
    public Place take(Channel connection) {
        int count = open.incrementAndGet();
        connection.closeFuture().addListener(closed -> open.decrementAndGet());
        if (count <= most) {
            if (patience != null) {
                connection.pipeline().addAfter(NettyPipeline.HttpCodec, FirstRequest.NAME, new FirstRequest(patience));
            }
            return Place.SERVED;
        }
        int leftOut = lines.next(System.nanoTime());
        if (leftOut != LogRateLimit.LEFT_OUT) {
            log.warn(LogRateLimit.text(line, leftOut));
        }
        if (count - most <= mostAnswered) {
            return Place.ANSWERED;
        }
        connection.close();
        return Place.NONE;
    }

    /** Closes a connection on which no request comes in time; one for each connection, which forgets it then. */
    private static final class FirstRequest extends ChannelInboundHandlerAdapter {
        private static final String NAME = "warmlane.first-request";

        private final Duration patience;
        private @Nullable Future<?> timer;

        FirstRequest(Duration patience) {
            this.patience = patience;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            Runnable close = () -> {
                var unused = ctx.close();
            };
            timer = ctx.executor().schedule(close, patience.toNanos(), TimeUnit.NANOSECONDS);
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext ctx) {
            if (timer != null) {
                timer.cancel(false);
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.fireChannelRead(message);
            if (message instanceof HttpRequest) {
                ctx.pipeline().remove(this);
            }
        }
    }
}
