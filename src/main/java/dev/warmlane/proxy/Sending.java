package dev.warmlane.proxy;

import dev.warmlane.health.FailureCause;
import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import java.time.Duration;

/**
 * One sending of a request to an endpoint, and whether it failed because the endpoint had closed an idle connection just when
 * the request went out on it. Such a failure says nothing of the endpoint (RFC 9112, section 9.3.1). It is told by what nginx
 * goes by: the connection had served a request before, and no byte of an answer came; and here also by the time, because the
 * news that a connection was closed takes no longer than a round trip. Confined to the connection's event loop.
 */
final class Sending {
    private static final AttributeKey<Boolean> USED = AttributeKey.valueOf(Sending.class, "used");

    private boolean onUsedConnection;
    private boolean answered;
    private long sentNanos;

    /** The request goes out now. */
    void over(Channel connection, long nowNanos) {
        onUsedConnection = connection.attr(USED).getAndSet(Boolean.TRUE) != null;
        sentNanos = nowNanos;
    }

    /** Response headers came. */
    void answered() {
        answered = true;
    }

    /**
     * Whether the endpoint is to be asked again, on a connection of its own.
     *
     * @param roundTrip the longest that the news of a closed connection may take
     */
    boolean metClosedConnection(Throwable failure, long nowNanos, Duration roundTrip) {
        return onUsedConnection
                && !answered
                && nowNanos - sentNanos <= roundTrip.toNanos()
                && UpstreamFailure.cause(failure) == FailureCause.RESET;
    }
}
