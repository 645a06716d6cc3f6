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
    private final OutcomeListener listeners;

    /** @param listeners told of every request, in this order */
    public OutcomeFilter(List<OutcomeListener> listeners) {
        this.listeners = listeners.stream().reduce(outcome -> {}, OutcomeListener::andThen);
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

    /** One operator instead of the three that Reactor would take. */
    private static final class WatchedRequest extends MonoOperator<Void, Void> {
        private final RequestOutcome outcome;

        WatchedRequest(Mono<Void> request, RequestOutcome outcome) {
            super(request);
            this.outcome = outcome;
        }

        @Override
        public void subscribe(CoreSubscriber<? super Void> server) {
            source.subscribe(new Watch(server, outcome));
        }
    }

    private static final class Watch implements CoreSubscriber<Void>, Subscription {
        private final CoreSubscriber<? super Void> server;
        private final RequestOutcome outcome;
        private Subscription request = Operators.emptySubscription();

        Watch(CoreSubscriber<? super Void> server, RequestOutcome outcome) {
            this.server = server;
            this.outcome = outcome;
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

        /** One that tells this one first, then the other. */
        default OutcomeListener andThen(OutcomeListener next) {
            return outcome -> {
                ended(outcome);
                next.ended(outcome);
            };
        }
    }
}
