package dev.warmlane.proxy.outcome;

import dev.warmlane.proxy.http.PublicPort;
import java.util.List;
import org.reactivestreams.Subscription;
import org.springframework.core.Ordered;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoOperator;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** Gives each request of the public port its {@link RequestOutcome} and tells it the end. Outside all other filters. */
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

    /** One operator instead of the three that Reactor would take; its own subscriber, as a request is served once. */
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
        public void onComplete() {
            outcome.completed();
            server.onComplete();
        }

        @Override
        public void onError(Throwable failure) {
            outcome.failed(failure);
            server.onError(failure);
        }

        @Override
        public void request(long count) {
            request.request(count);
        }

        @Override
        public void cancel() {
            request.cancel();
            outcome.cancelled();
        }
    }

    /** Is told of requests that are over. */
    @FunctionalInterface
    public interface OutcomeListener {
        /** Called once for each request, on whatever thread it ended. Must not block. */
        void ended(RequestOutcome outcome);
    }
}
