package dev.warmlane.proxy.http;

import dev.warmlane.proxy.error.LogRateLimit;
import io.netty.channel.Channel;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bounds the connections of clients, so that file descriptors are left for engines and the management port. Some beyond the
 * limit get an answer; answering all would only move the limit. Safe for concurrent use.
 */
final class ConnectionLimit {
    private static final Logger log = LoggerFactory.getLogger(ConnectionLimit.class);
    private static final int FEWEST_ANSWERED = 8;
    private static final int MOST_ANSWERED = 64;

    enum Place {
        /** To be served. */
        SERVED,
        /** To be told that there are too many. */
        ANSWERED,
        /** Closed already. */
        NONE
    }

    private final int most;
    private final int mostAnswered;
    private final AtomicInteger open = new AtomicInteger();
    private final LogRateLimit lines = new LogRateLimit(System.nanoTime());

    ConnectionLimit(int most) {
        this.most = most;
        this.mostAnswered = Math.min(MOST_ANSWERED, Math.max(FEWEST_ANSWERED, most / 16));
    }

    /** Gives a connection a place, which it has until it is closed. */
    @SuppressWarnings("FutureReturnValueIgnored") // Nobody waits for either.
    Place take(Channel connection) {
        int count = open.incrementAndGet();
        connection.closeFuture().addListener(closed -> open.decrementAndGet());
        if (count <= most) {
            return Place.SERVED;
        }
        int leftOut = lines.next(System.nanoTime());
        if (leftOut != LogRateLimit.LEFT_OUT) {
            log.warn(LogRateLimit.text(
                    "too many connections of clients: more than %d (warmlane.limits.connections)".formatted(most),
                    leftOut));
        }
        if (count - most <= mostAnswered) {
            return Place.ANSWERED;
        }
        connection.close();
        return Place.NONE;
    }
}
