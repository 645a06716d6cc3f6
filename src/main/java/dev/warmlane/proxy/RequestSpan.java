package dev.warmlane.proxy;

import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.UsageReport;
import dev.warmlane.proxy.error.ApiException;
import io.micrometer.tracing.Span;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.web.server.ServerWebExchange;

/**
 * Writes into a span what is known of its request in the end: by OpenTelemetry's names where it has any, else by ours. No
 * prompt, session or address.
 *
 * @param exchange the request
 */
record RequestSpan(Span span, ServerWebExchange exchange) {
    private static final int SERVER_ERROR = 500;
    private static final double NANOS_PER_SECOND = 1e9;

    void end(RequestEnd end) {
        String method = exchange.getRequest().getMethod().name();
        span.tag("http.request.method", method);
        Route route = exchange.getAttribute(ServerWebExchangeUtils.GATEWAY_ROUTE_ATTR);
        if (route != null) {
            span.name(method + " " + route.getId());
        }
        RoutedExchange routed = exchange.getAttribute(RoutedExchange.ATTRIBUTE);
        if (routed != null) {
            tag(routed);
        }
        tag(end);
        span.end();
    }

    private void tag(RequestEnd end) {
        span.tag("warmlane.result", end.result());
        Integer status = end.status();
        if (status != null) {
            span.tag("http.response.status_code", (long) status);
        }
        if (end.isFailed() || (status != null && status >= SERVER_ERROR)) {
            span.error(ApiException.upstreamFailed(end.result()));
        }
    }

    private void tag(RoutedExchange routed) {
        span.tag("warmlane.pool", routed.pool().name());
        span.tag("warmlane.retries", (long) routed.retries());
        Dispatch dispatch = routed.current();
        if (dispatch != null) {
            tag(dispatch.decision());
        }
        Timeline timeline = routed.timeline();
        seconds("warmlane.overhead_seconds", timeline.overheadNanos());
        seconds("warmlane.first_byte_seconds", timeline.firstByteNanos());
        UsageReport delivery = timeline.delivery();
        if (delivery != null) {
            tag(delivery);
        }
    }

    private void tag(RoutingDecision decision) {
        span.tag("warmlane.endpoint", decision.endpoint().name());
        span.tag("warmlane.key", decision.source().label());
        span.tag("warmlane.outcome", decision.outcome().label());
        span.tag("warmlane.predicted_tokens", decision.matchedTokens());
    }

    private void tag(UsageReport delivery) {
        span.tag("gen_ai.usage.input_tokens", delivery.promptTokens());
        span.tag("gen_ai.usage.output_tokens", delivery.outputTokens());
        Long cached = delivery.cachedTokens();
        if (cached != null) {
            span.tag("warmlane.delivered_tokens", cached.longValue());
        }
    }

    private void seconds(String name, long nanos) {
        if (nanos != Timeline.NEVER) {
            span.tag(name, nanos / NANOS_PER_SECOND);
        }
    }
}
