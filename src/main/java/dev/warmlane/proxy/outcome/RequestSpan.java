package dev.warmlane.proxy.outcome;

import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.UsageReport;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.settings.PoolSettings;
import io.micrometer.tracing.Span;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.web.server.ServerWebExchange;

/**
 * Ends a request's span with what is known by then: by OpenTelemetry's names where it has any, else by ours. No prompt, session
 * or address.
 */
record RequestSpan(Span span) implements OutcomeListener {
    private static final double NANOS_PER_SECOND = 1e9;

    /** What OpenTelemetry calls the operation of a path. */
    private static final Map<String, String> OPERATIONS = Map.of(
            "/v1/chat/completions", "chat",
            "/v1/messages", "chat",
            "/v1/responses", "chat",
            "/v1/completions", "text_completion",
            "/v1/embeddings", "embeddings");

    @Override
    public void ended(RequestOutcome outcome) {
        ServerWebExchange exchange = outcome.exchange();
        String method = exchange.getRequest().getMethod().name();
        span.tag("http.request.method", method);
        String path = exchange.getRequest().getPath().value();
        span.tag("url.path", path);
        String operation = OPERATIONS.get(path);
        if (operation != null) {
            span.tag("gen_ai.operation.name", operation);
        }
        span.tag("warmlane.request_id", outcome.requestId());
        Route route = exchange.getAttribute(ServerWebExchangeUtils.GATEWAY_ROUTE_ATTR);
        if (route != null) {
            span.name(method + " " + route.getId());
        }
        if (!outcome.pool().equals(PoolSettings.NO_POOL)) {
            span.tag("warmlane.pool", outcome.pool());
        }
        tag("gen_ai.request.model", outcome.askedModel());
        tag("gen_ai.response.model", outcome.model());
        RequestProgress progress = outcome.progress();
        if (progress != null) {
            tag(progress);
        }
        tagEnd(outcome);
        span.end();
    }

    private void tagEnd(RequestOutcome outcome) {
        Result result = outcome.result();
        span.tag("warmlane.result", result.label());
        Integer status = outcome.status();
        if (status != null) {
            span.tag("http.response.status_code", (long) status);
        }
        if (result == Result.FAILED || result == Result.SERVER_ERROR) {
            span.error(ApiException.upstreamFailed(result.label()));
        }
        String code = outcome.errorCode();
        if (code != null) {
            span.tag("error.type", code);
        } else if (result == Result.SERVER_ERROR) {
            span.tag("error.type", String.valueOf(status));
        } else if (result == Result.FAILED) {
            span.tag("error.type", "broken_off");
        }
    }

    private void tag(RequestProgress progress) {
        span.tag("warmlane.retries", (long) progress.retries());
        RoutingDecision decision = progress.decision();
        if (decision != null) {
            tag(decision);
        }
        seconds("warmlane.overhead_seconds", progress.overheadNanos());
        seconds("warmlane.first_byte_seconds", progress.firstByteNanos());
        UsageReport usage = progress.usage();
        if (usage != null) {
            tag(usage);
        }
    }

    private void tag(RoutingDecision decision) {
        span.tag("warmlane.endpoint", decision.endpoint().name());
        span.tag("warmlane.key", decision.source().label());
        span.tag("warmlane.outcome", decision.outcome().label());
        span.tag("warmlane.predicted_tokens", decision.matchedTokens());
    }

    private void tag(UsageReport usage) {
        span.tag("gen_ai.usage.input_tokens", usage.promptTokens());
        span.tag("gen_ai.usage.output_tokens", usage.outputTokens());
        Long cached = usage.cachedTokens();
        if (cached != null) {
            span.tag("warmlane.delivered_tokens", cached.longValue());
        }
    }

    private void tag(String name, @Nullable String value) {
        if (value != null) {
            span.tag(name, value);
        }
    }

    private void seconds(String name, long nanos) {
        if (nanos != RequestProgress.NEVER) {
            span.tag(name, nanos / NANOS_PER_SECOND);
        }
    }
}
