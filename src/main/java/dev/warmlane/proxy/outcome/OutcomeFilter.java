package dev.warmlane.proxy.outcome;

import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.http.PublicPort;
import dev.warmlane.proxy.outcome.RequestOutcome.OutcomeListener;
import dev.warmlane.proxy.outcome.RequestOutcome.Result;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.springframework.core.Ordered;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoOperator;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** Gives each request of the public port its {@link RequestOutcome}, and reports the end to it. Outside all other filters. */
public final class OutcomeFilter implements WebFilter, Ordered {
    private final List<OutcomeListener> listeners;

    /** @param listeners told of every request, in this order */
    public OutcomeFilter(List<OutcomeListener> listeners) {
        this.listeners = List.copyOf(listeners);
    }

    @Override
    public int getOrder() {
        return HIGHEST_PRECEDENCE;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        if (!PublicPort.serves(exchange)) {
            return chain.filter(exchange);
        }
        RequestOutcome outcome = RequestOutcome.open(exchange, listeners);
        return new WatchedRequest(chain.filter(exchange), outcome);
    }

    /**
     * A request that is being served. Decides by the last signal how it ended for its client, and reports that to its outcome.
     *
     * <p>Implementation note: one operator instead of the three that Reactor would take; its own subscriber, as a request is served once.
     */
    private static final class WatchedRequest extends MonoOperator<Void, Void>
            implements CoreSubscriber<Void>, Subscription {
        private final RequestOutcome outcome;
        private CoreSubscriber<? super Void> server = Operators.emptySubscriber();
        private Subscription request = Operators.emptySubscription();

        WatchedRequest(Mono<Void> request, RequestOutcome outcome) {
            super(request);
            this.outcome = outcome;
        }

        @Override
        public void subscribe(CoreSubscriber<? super Void> subscriber) {
            server = subscriber;
            source.subscribe(this);
        }

        @Override
        public Context currentContext() {
            return server.currentContext();
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            request = subscription;
            server.onSubscribe(this);
        }

        @Override
        public void onNext(Void never) {
            // A request has no value.
        }

        @Override
        public void request(long count) {
            request.request(count);
        }

        /**
         * Every filter is done. That says that the whole response was written, with one exception: a response that is written in
         * chunks is completed by Reactor Netty when the connection closes, too.
         */
        @Override
        public void onComplete() {
            RequestProgress progress = outcome.progress();
            if (isBrokenOff(progress)) {
                end(Result.FAILED, statusCode());
            } else if (isCutShort(progress)) {
                end(Result.CANCELLED, statusCode());
            } else {
                end(Result.ofStatus(statusCode()), statusCode());
            }
            server.onComplete();
        }

        /** A failure before the response has begun becomes an error response; one that comes later breaks it off. */
        @Override
        public void onError(Throwable failure) {
            Integer sent = sentStatus();
            if (isBrokenOff(outcome.progress())) {
                end(Result.FAILED, sent);
            } else if (outcome.isOfClient(failure)) {
                end(Result.CANCELLED, sent);
            } else if (sent != null) {
                end(Result.FAILED, sent);
            } else {
                ApiException error = ApiException.of(failure);
                outcome.end(
                        Result.ofStatus(error.status().value()), error.status().value(), error);
            }
            server.onError(failure);
        }

        /** The server has given the request up, because its connection is closed. */
        @Override
        public void cancel() {
            request.cancel();
            RequestProgress progress = outcome.progress();
            if (isBrokenOff(progress)) {
                end(Result.FAILED, sentStatus());
            } else if (isHeadOut() || (progress != null && progress.isLastEventOut())) {
                end(Result.ofStatus(statusCode()), sentStatus());
            } else {
                end(Result.CANCELLED, sentStatus());
            }
        }

        private void end(Result how, @Nullable Integer sent) {
            outcome.end(how, sent, null);
        }

        private static boolean isBrokenOff(@Nullable RequestProgress progress) {
            return progress != null && progress.isBrokenOff();
        }

        private boolean isCutShort(@Nullable RequestProgress progress) {
            return progress != null
                    && progress.isInChunks()
                    && outcome.isConnectionClosed()
                    && !progress.isLastEventOut()
                    && !isHeadOut();
        }

        /**
         * Whether the response is a head without a body (RFC 9112, section 6.3) that has gone out: on a connection that is to be closed
         * then, Reactor Netty closes it before the filters are done.
         */
        private boolean isHeadOut() {
            int status = statusCode();
            return (status == 204
                            || status == 304
                            || HttpMethod.HEAD.equals(
                                    outcome.exchange().getRequest().getMethod()))
                    && sentStatus() != null;
        }

        private int statusCode() {
            HttpStatusCode code = outcome.exchange().getResponse().getStatusCode();
            return code == null ? 200 : code.value();
        }

        private @Nullable Integer sentStatus() {
            ServerHttpResponse response = outcome.exchange().getResponse();
            return response.isCommitted() ? (Integer) statusCode() : null;
        }
    }
}
