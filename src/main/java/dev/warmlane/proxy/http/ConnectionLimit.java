package dev.warmlane.proxy.http;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.warmlane.core.log.LogRateLimit;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.settings.AuthSettings.ManagementSettings;
import dev.warmlane.settings.LimitSettings;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.concurrent.Future;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.netty.NettyPipeline;

/**
 * Bounds the connections of clients, so that file descriptors are left for engines and the management port; another one bounds
 * those to the management port. Beyond the limit only some clients get a response, because one for each would only move the limit.
 * Safe for concurrent use.
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
    private final LogRateLimit lines = new LogRateLimit(1, Duration.ofSeconds(1), System::nanoTime);

    private ConnectionLimit(int most, int mostAnswered, String what, @Nullable Duration patience) {
        this.most = most;
        this.mostAnswered = mostAnswered;
        this.patience = patience;
        this.line = "too many connections %s: more than %d".formatted(what, most);
    }

    /** The limit of the public port. */
    static ConnectionLimit ofClients(LimitSettings limits) {
        int most = FileDescriptors.of(limits).forClients();
        int answered = Math.min(MOST_ANSWERED, Math.max(FEWEST_ANSWERED, most / 16));
        return new ConnectionLimit(most, answered, "of clients (warmlane.limits.connections)", null);
    }

    /**
     * That of the management port, where none gets a response.
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
                new FirstRequest(patience, false).addTo(connection.pipeline());
            }
            return Place.SERVED;
        }
        int leftOut = lines.next();
        if (leftOut != LogRateLimit.LEFT_OUT) {
            log.warn(LogRateLimit.text(line, leftOut));
        }
        if (count - most <= mostAnswered) {
            return Place.ANSWERED;
        }
        connection.close();
        return Place.NONE;
    }

    /**
     * Refuses the first request of a connection, or stream of HTTP/2, that is to be {@link Place#ANSWERED}.
     *
     * @param patience how long that request may take to come
     */
    static void refuse(ChannelPipeline pipeline, Duration patience) {
        new FirstRequest(patience, true).addTo(pipeline);
    }

    /**
     * Closes a connection on which no request comes in time. Where the connection is to be served it is forgotten by then; where it is
     * one too many the request is refused, after which the connection is closed. One for each connection.
     */
    private static final class FirstRequest extends ChannelInboundHandlerAdapter {
        private static final String NAME = "warmlane.first-request";

        private final Duration patience;
        private final boolean refused;
        private @Nullable Future<?> timer;

        FirstRequest(Duration patience, boolean refused) {
            this.patience = patience;
            this.refused = refused;
        }

        /** Takes its place next to the codec, before what explains refusals. */
        void addTo(ChannelPipeline pipeline) {
            pipeline.addAfter(NettyPipeline.HttpCodec, NAME, this);
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
            if (refused && message instanceof HttpRequest request) {
                request.setDecoderResult(DecoderResult.failure(ApiException.tooManyConnections()));
            }
            ctx.fireChannelRead(message);
            if (!refused && message instanceof HttpRequest) {
                ctx.pipeline().remove(this);
            }
        }
    }

    /**
     * How the file descriptors of this process are shared out. What it has open at its start and a reserve are its own: for the
     * management port, health checks and scrapes, other replicas, files.
     *
     * @param forClients connections of clients, at most
     * @param forEngines requests at engines at a time, at most: each has a connection
     */
    public record FileDescriptors(int forClients, int forEngines) {
        private static final int RESERVE = 200;

        /** Less would be no gateway. */
        private static final int LEAST = 16;

        /** The descriptors of this process as it is now. */
        public static FileDescriptors of(LimitSettings limits) {
            return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                    ? of(limits.connections(), unix.getMaxFileDescriptorCount(), unix.getOpenFileDescriptorCount())
                    : of(limits.connections(), Long.MAX_VALUE, 0);
        }

        /** @param connections of clients as the settings say; 0: half of what is left */
        static FileDescriptors of(int connections, long most, long open) {
            long left = most - open - RESERVE;
            long clients = connections > 0 ? connections : Math.max(LEAST, left / 2);
            return new FileDescriptors(clamp(clients), clamp(Math.max(LEAST, left - clients)));
        }

        private static int clamp(long count) {
            return (int) Math.min(Integer.MAX_VALUE, count);
        }
    }
}
