package dev.warmlane.proxy;

import io.micrometer.tracing.Span;
import io.micrometer.tracing.propagation.Propagator;
import org.springframework.context.ApplicationContext;
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
    private final ApplicationContext publicPort;

    /** @param publicPort whose requests are traced; filters are asked about those of the management port too */
    public TracingFilter(Propagator propagator, ApplicationContext publicPort) {
        this.propagator = propagator;
        this.publicPort = publicPort;
    }

    @Override
    public int getOrder() {
        return HIGHEST_PRECEDENCE;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        if (!publicPort.equals(exchange.getApplicationContext())) {
            return chain.filter(exchange);
        }
        Span span = propagator
                .extract(exchange.getRequest().getHeaders(), HttpHeaders::getFirst)
                .kind(Span.Kind.SERVER)
                .name(exchange.getRequest().getMethod().name())
                .start();
        ServerWebExchange traced = exchange.mutate()
                .request(request -> request.headers(headers ->
                        propagator.inject(span.context(), headers, (carrier, name, value) -> headers.set(name, value))))
                .build();
        return RequestEnd.watch(chain.filter(traced), traced, end -> new RequestSpan(span, traced).end(end));
    }
}
