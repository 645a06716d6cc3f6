package dev.warmlane.proxy;

import dev.warmlane.proxy.accesslog.AccessLog;
import java.time.Clock;
import org.springframework.context.ApplicationContext;
import org.springframework.core.Ordered;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Logs every request of the public port when it is over: served, refused, failed or left by its client. Outside all other
 * filters, so that it sees what they refuse.
 */
public final class AccessLogFilter implements WebFilter, Ordered {
    private final AccessLog log;
    private final Clock clock;
    private final ApplicationContext publicPort;

    /** @param publicPort whose requests are logged; filters are asked about those of the management port too */
    public AccessLogFilter(AccessLog log, Clock clock, ApplicationContext publicPort) {
        this.log = log;
        this.clock = clock;
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
        AccessEntry entry = new AccessEntry(exchange, clock.millis(), System.nanoTime());
        return RequestEnd.watch(chain.filter(exchange), exchange, end -> log.add(entry.ended(end)));
    }
}
