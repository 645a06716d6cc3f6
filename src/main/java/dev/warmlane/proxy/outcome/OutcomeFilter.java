package dev.warmlane.proxy.outcome;

import dev.warmlane.proxy.http.PublicPort;
import dev.warmlane.proxy.outcome.RequestOutcome.OutcomeListener;
import java.util.List;
import org.springframework.core.Ordered;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

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
}
