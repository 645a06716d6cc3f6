package dev.warmlane.proxy.outcome;

import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.http.RequestIds;
import dev.warmlane.settings.PoolSettings;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.Http2StreamChannel;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.web.server.ServerWebExchange;
import reactor.netty.Connection;
import reactor.netty.channel.AbortedException;

/**
 * One request of the public port, from its headers to its end, which is reported to it once. An attribute of the exchange. Filled
 * by whoever serves the request; the end may come on another thread.
 */
public final class RequestOutcome {
    private static final String ATTRIBUTE = RequestOutcome.class.getName();

    private final ServerWebExchange exchange;
    private final @Nullable Channel channel;
    private final String requestId;
    private final long startedNanos = System.nanoTime();
    private volatile String pool = PoolSettings.NO_POOL;
    private volatile @Nullable RequestProgress progress;
    private final List<OutcomeListener> listeners;
    private final List<OutcomeListener> own = new ArrayList<>(2);
    private volatile @Nullable Result result;
    private volatile @Nullable Integer status;
    private volatile long durationNanos;
    private volatile @Nullable String askedModel;
    private volatile @Nullable String model;
    private volatile boolean fallback;
    private volatile @Nullable String traceId;
    private volatile @Nullable ApiException error;

    private RequestOutcome(ServerWebExchange exchange, List<OutcomeListener> listeners) {
        this.exchange = exchange;
        this.channel = channel(exchange);
        this.requestId = RequestIds.of(exchange.getRequest());
        this.listeners = listeners;
    }

    static RequestOutcome open(ServerWebExchange exchange, List<OutcomeListener> listeners) {
        RequestOutcome outcome = new RequestOutcome(exchange, listeners);
        exchange.getAttributes().put(ATTRIBUTE, outcome);
        return outcome;
    }

    /** The outcome of an exchange of the public port. */
    public static RequestOutcome of(ServerWebExchange exchange) {
        return exchange.getRequiredAttribute(ATTRIBUTE);
    }

    /** The outcome of an exchange; null on the management port. */
    public static @Nullable RequestOutcome find(ServerWebExchange exchange) {
        return exchange.getAttribute(ATTRIBUTE);
    }

    /** The id by which client, gateway and engine know the request. */
    public String requestId() {
        return requestId;
    }

    /** The event loop of the client's connection; null where Netty does not serve it. */
    public @Nullable EventLoop eventLoop() {
        return channel == null ? null : channel.eventLoop();
    }

    /** The request's span is part of this trace. */
    void traceId(String id) {
        traceId = id;
    }

    /** The trace that the request is part of; null where spans are sent nowhere. */
    @Nullable
    String traceId() {
        return traceId;
    }

    /** The code of the error that the gateway responded with, as its client read it; null where it responded with none. */
    @Nullable
    String errorCode() {
        ApiException told = error;
        return told == null ? null : told.code();
    }

    /** The error that the gateway responded with; null where it responded with none, or the client left before. */
    @Nullable
    ApiException error() {
        return error;
    }

    /** The request is for this pool, whether or not the pool gets it. */
    public void pool(String name) {
        pool = name;
    }

    /** The name of the pool; {@link PoolSettings#NO_POOL} as long as none is known. */
    public String pool() {
        return pool;
    }

    /**
     * The request was for a model.
     *
     * @param asked what the client called it; null: it named none
     * @param served which one serves it; null: nobody knows
     * @param isFallback whether another, which was to serve it first, could not
     */
    public void model(@Nullable String asked, @Nullable String served, boolean isFallback) {
        askedModel = asked;
        model = served;
        fallback = isFallback;
    }

    /** Whether it is served by a fallback model. */
    boolean isFallback() {
        return fallback;
    }

    /** What the client called the model; null where it named none or the request was refused before. */
    @Nullable
    String askedModel() {
        return askedModel;
    }

    /** The model that serves the request; null where nobody knows. */
    @Nullable
    String model() {
        return model;
    }

    /** The request was read and goes to its pool. */
    public void progress(RequestProgress begun) {
        progress = begun;
    }

    /** How far the pool got; null if the request was refused before. */
    @Nullable
    RequestProgress progress() {
        return progress;
    }

    /** Adds a listener of the end, called before those of all requests, the newest first; at once if the end has come. */
    public void onEnd(OutcomeListener listener) {
        synchronized (this) {
            if (result == null) {
                own.add(listener);
                return;
            }
        }
        listener.ended(this);
    }

    ServerWebExchange exchange() {
        return exchange;
    }

    /** How the request ended. For listeners: before the end there is none. */
    public Result result() {
        return Objects.requireNonNull(result, "result");
    }

    /** The status that the client got; null where it left before. */
    @Nullable
    Integer status() {
        return status;
    }

    /** From the request's headers to the end of its response. */
    long durationNanos() {
        return durationNanos;
    }

    /**
     * The request is over; only the first end counts.
     *
     * @param sent the status that the client got; null where it left before
     * @param told the error that the gateway responded with; null where there is none
     */
    void end(Result how, @Nullable Integer sent, @Nullable ApiException told) {
        synchronized (this) {
            if (result != null) {
                return;
            }
            durationNanos = System.nanoTime() - startedNanos;
            status = sent;
            error = told;
            result = how;
        }
        for (int i = own.size() - 1; i >= 0; i--) {
            own.get(i).ended(this);
        }
        listeners.forEach(listener -> listener.ended(this));
    }

    boolean isConnectionClosed() {
        return channel != null && !channel.isActive();
    }

    /** Whether it is the client that failed. What waits to be written to a stream of HTTP/2 fails before the stream is closed. */
    boolean isOfClient(Throwable failure) {
        return isConnectionClosed()
                || failure instanceof AbortedException
                || (failure instanceof ClosedChannelException && channel instanceof Http2StreamChannel);
    }

    /** Asked for in the beginning: in the end Reactor Netty gives a substitute, which is always closed. */
    private static @Nullable Channel channel(ServerWebExchange exchange) {
        Object server = ServerHttpRequestDecorator.getNativeRequest(exchange.getRequest());
        return server instanceof Connection connection ? connection.channel() : null;
    }

    /** Is told of requests that are over. */
    @FunctionalInterface
    public interface OutcomeListener {
        /** Called once for each request, on whatever thread it ended. Must not block. */
        void ended(RequestOutcome outcome);

        /**
         * A request was refused before any filter saw it, because it is not valid HTTP or came too slowly. On an event loop; must not block.
         *
         * @param requestId the id that the client was told
         */
        default void malformed(String requestId, ApiException error) {}
    }

    /** How a request ended for its client. */
    public enum Result {
        SUCCESS("2xx"),
        REDIRECTION("3xx"),
        CLIENT_ERROR("4xx"),
        SERVER_ERROR("5xx"),
        /** The client left, at any time before it had the whole response. */
        CANCELLED("cancelled"),
        /** The response broke off after it had begun. */
        FAILED("failed");

        private final String label;

        Result(String label) {
            this.label = label;
        }

        /** The name in metrics, access log and spans. */
        public String label() {
            return label;
        }

        /** The class of the status of a response that the client got whole. */
        static Result ofStatus(int status) {
            if (status < 300) {
                return SUCCESS;
            }
            if (status < 400) {
                return REDIRECTION;
            }
            return status < 500 ? CLIENT_ERROR : SERVER_ERROR;
        }
    }
}
