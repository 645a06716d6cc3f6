package dev.warmlane.proxy.outcome;

import io.micrometer.tracing.Span;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.propagation.Propagator;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Makes a span of every request of the public port: a child of the client's, where it sends a W3C traceparent, and the parent
 * of the engine's, whose traceparent it becomes. Exists only where spans are sent anywhere; without, the client's traceparent
 * passes to the engine untouched.
 */
public final class TracingFilter implements WebFilter, Ordered {
    private final Propagator propagator;
    private final Tracer tracer;

    public TracingFilter(Propagator propagator, Tracer tracer) {
        this.propagator = propagator;
        this.tracer = tracer;
    }

    /** Next to {@link OutcomeFilter}, so that what the others refuse has a span too. */
    @Override
    public int getOrder() {
        return HIGHEST_PRECEDENCE + 1;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        RequestOutcome outcome = RequestOutcome.find(exchange);
        if (outcome == null) {
            return chain.filter(exchange);
        }
        Span span = propagator
                .extract(exchange.getRequest().getHeaders(), HttpHeaders::getFirst)
                .kind(Span.Kind.SERVER)
                .name(exchange.getRequest().getMethod().name())
                .start();
        outcome.traceId(span.context().traceId());
        outcome.onEnd(new RequestSpan(span, tracer));
        return chain.filter(exchange.mutate()
                .request(request -> request.headers(headers ->
                        propagator.inject(span.context(), headers, (carrier, name, value) -> headers.set(name, value))))
                .build());
    }
}
