package dev.warmlane.proxy.upstream;

import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.engines.client.EngineFailure;
import dev.warmlane.engines.client.EngineFailure.UnusableResponse;
import dev.warmlane.proxy.error.ApiException;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.util.AttributeKey;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to have an endpoint serve a request, from its beginning to its end: it leaves no request behind, and knows whether it
 * failed because the endpoint had closed an idle connection just when the request went out on it. Such a failure says nothing of
 * the endpoint (RFC 9112, section 9.3.1). It is recognised as nginx does it: the connection had served a request before, and no
 * byte of a response came. Here the time counts as well, because the news that a connection was closed takes no longer than a round
 * trip. Safe for concurrent use: the client leaves on another thread than the connection's.
 */
public final class UpstreamAttempt {
    private static final AttributeKey<Boolean> USED = AttributeKey.valueOf(UpstreamAttempt.class, "used");

    private @Nullable Channel connection;
    private boolean onUsedConnection;
    private boolean responded;
    private boolean begun;
    private boolean silenceLimited;
    private boolean over;
    private long sentNanos;
    private final BooleanSupplier canMove;
    private final boolean fresh;
    private final @Nullable EventLoop preferred;
    private @Nullable UnusableResponse abandoned;

    /** @param canMove whether there is another endpoint to go to; called from any thread */
    public UpstreamAttempt(BooleanSupplier canMove) {
        this(canMove, false, null);
    }

    /**
     * An attempt that has not begun.
     *
     * @param canMove whether there is another endpoint to go to; called from any thread
     * @param fresh whether to open a connection for it alone
     * @param preferred the event loop of the client; null if that is not known
     */
    public UpstreamAttempt(BooleanSupplier canMove, boolean fresh, @Nullable EventLoop preferred) {
        this.canMove = canMove;
        this.fresh = fresh;
        this.preferred = preferred;
    }

    boolean isFresh() {
        return fresh;
    }

    @Nullable
    EventLoop preferred() {
        return preferred;
    }

    /**
     * The request would go out now. Returns whether it still should: it may have been cancelled just before the connection was
     * there. Then the connection is closed.
     */
    public boolean begin(Channel taken, long nowNanos) {
        if (take(taken, nowNanos)) {
            return true;
        }
        var unused = taken.close();
        return false;
    }

    private synchronized boolean take(Channel taken, long nowNanos) {
        if (over) {
            return false;
        }
        connection = taken;
        onUsedConnection = taken.attr(USED).getAndSet(Boolean.TRUE) != null;
        sentNanos = nowNanos;
        return true;
    }

    /** Response headers came, and somebody has taken them. */
    public synchronized void responded() {
        responded = true;
    }

    /** The response goes to the client, so the request cannot go elsewhere any more. */
    public synchronized void begun() {
        begun = true;
    }

    /** Breaks it off, unless the response has begun or the request has nowhere else to go. From any thread. */
    void abandon(UnusableResponse why) {
        if (!canMove.getAsBoolean()) {
            return;
        }
        Channel waiting;
        synchronized (this) {
            if (over || begun || connection == null) {
                return;
            }
            abandoned = why;
            waiting = connection;
        }
        var unused = waiting.close();
    }

    /** Why it was broken off from here, or null if it was not. */
    synchronized @Nullable UnusableResponse abandoned() {
        return abandoned;
    }

    /** From the first call on, a response that has begun may be silent for no longer than this. From any thread. */
    void limitSilence(Duration longest) {
        Channel open;
        synchronized (this) {
            open = over || !begun || silenceLimited ? null : connection;
            silenceLimited |= begun;
        }
        if (open != null) {
            open.eventLoop().execute(() -> UpstreamConnection.limitSilence(open.pipeline(), longest));
        }
    }

    /** It is over, whatever way. A request that went out and whose response nobody has taken is withdrawn. */
    public void end() {
        Channel noResponse;
        synchronized (this) {
            over = true;
            noResponse = responded ? null : connection;
        }
        if (noResponse != null) {
            var unused = noResponse.close();
        }
    }

    /**
     * Whether the endpoint is to be asked again, on a connection of its own.
     *
     * @param roundTrip the longest that the news of a closed connection may take
     */
    public synchronized boolean metClosedConnection(Throwable failure, long nowNanos, Duration roundTrip) {
        return onUsedConnection
                && !responded
                && nowNanos - sentNanos <= roundTrip.toNanos()
                && EngineFailure.of(failure).cause() == FailureCause.RESET;
    }

    /** Why an attempt failed. An end of the gateway's own, such as its shutdown, says nothing of the endpoint and is not retryable. */
    public static EngineFailure failure(Throwable failure) {
        return failure instanceof ApiException api
                ? new EngineFailure(api.code(), FailureCause.OTHER, false)
                : EngineFailure.of(failure);
    }

    /**
     * The error for the client if no endpoint takes the request: 504 for a timeout, 503 for a lack of the gateway's own, else 502. It
     * names no endpoint; the log does.
     */
    public static ApiException error(Throwable failure) {
        if (failure instanceof ApiException api) {
            return api;
        }
        EngineFailure why = failure(failure);
        if (why.isOurs()) {
            return ApiException.outOfResources();
        }
        String message = "The endpoint failed: %s.".formatted(why.reason());
        return failure instanceof ReadTimeoutException
                ? ApiException.upstreamTimeout(message)
                : ApiException.upstreamFailed(message);
    }
}
