package dev.warmlane.proxy.outcome;

import dev.warmlane.core.routing.PoolAverages.UsageReport;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.outcome.RequestOutcome.OutcomeListener;
import dev.warmlane.proxy.outcome.RequestOutcome.Result;
import dev.warmlane.settings.PoolSettings;
import io.micrometer.tracing.Span;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.propagation.Propagator;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
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

    /** @param propagator reads the trace that a request is part of from its headers, and writes it for engines */
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

    /**
     * Ends a request's span with what is known by then: by OpenTelemetry's names where it has any, else by ours. No prompt, session
     * or client's address. Each attempt at an endpoint is a span below it; they are made at the end, too, with the times that they
     * had, so that a request that is under way carries none.
     */
    private record RequestSpan(Span span, Tracer tracer) implements OutcomeListener {
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
            if (exchange.getAttribute(ServerWebExchangeUtils.GATEWAY_ROUTE_ATTR) != null) {
                // The short way has matched the path itself.
                String matched = exchange.getAttributeOrDefault(
                        ServerWebExchangeUtils.GATEWAY_PREDICATE_MATCHED_PATH_ATTR, path);
                span.name(method + " " + matched);
                span.tag("http.route", matched);
            }
            if (!outcome.pool().equals(PoolSettings.NO_POOL)) {
                span.tag("warmlane.pool", outcome.pool());
            }
            tag("gen_ai.request.model", outcome.askedModel());
            tag("gen_ai.response.model", outcome.model());
            RequestProgress progress = outcome.progress();
            String error = errorType(outcome);
            if (progress != null) {
                tag(progress);
                attempts(method, progress, error);
            }
            tagEnd(outcome, error);
            span.end();
        }

        private static @Nullable String errorType(RequestOutcome outcome) {
            String code = outcome.errorCode();
            if (code != null) {
                return code;
            }
            return switch (outcome.result()) {
                case SERVER_ERROR -> String.valueOf(outcome.status());
                case FAILED -> "broken_off";
                default -> null;
            };
        }

        /** The attempts that failed, and the one whose response the client got or left. */
        private void attempts(String method, RequestProgress progress, @Nullable String error) {
            RoutingDecision last = progress.decision();
            if (last == null) {
                return;
            }
            // Not of milliseconds: an attempt would begin before its request.
            long now = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
            long age = progress.ageNanos();
            long bodyMicros = now - TimeUnit.NANOSECONDS.toMicros(age);
            int resends = 0;
            for (RequestProgress.FailedAttempt failed : progress.failed()) {
                attempt(
                        method,
                        failed.endpoint(),
                        resends++,
                        bodyMicros,
                        failed.startedNanos(),
                        failed.endedNanos(),
                        failed.cause());
            }
            if (!progress.isGivenUp()) {
                attempt(
                        method,
                        last.endpoint().name(),
                        resends,
                        bodyMicros,
                        progress.attemptStartedNanos(),
                        age,
                        error);
            }
        }

        private void attempt(
                String method,
                String endpoint,
                int resends,
                long bodyMicros,
                long startedNanos,
                long endedNanos,
                @Nullable String error) {
            Span.Builder attempt = tracer.spanBuilder()
                    .setParent(span.context())
                    .kind(Span.Kind.CLIENT)
                    .name(method)
                    .tag("http.request.method", method)
                    .tag("warmlane.endpoint", endpoint)
                    .startTimestamp(bodyMicros + TimeUnit.NANOSECONDS.toMicros(startedNanos), TimeUnit.MICROSECONDS);
            if (resends > 0) {
                attempt.tag("http.request.resend_count", (long) resends);
            }
            Span ended = attempt.start();
            if (error != null) {
                ended.tag("error.type", error);
                ended.error(ApiException.upstreamFailed(error));
            }
            ended.end(bodyMicros + TimeUnit.NANOSECONDS.toMicros(endedNanos), TimeUnit.MICROSECONDS);
        }

        private void tagEnd(RequestOutcome outcome, @Nullable String error) {
            Result result = outcome.result();
            span.tag("warmlane.result", result.label());
            Integer status = outcome.status();
            if (status != null) {
                span.tag("http.response.status_code", (long) status);
            }
            if (result == Result.FAILED || result == Result.SERVER_ERROR) {
                span.error(ApiException.upstreamFailed(result.label()));
            }
            if (error != null) {
                span.tag("error.type", error);
            }
        }

        private void tag(RequestProgress progress) {
            span.tag("warmlane.retries", (long) progress.retries());
            RoutingDecision decision = progress.decision();
            UsageReport usage = progress.usage();
            if (decision != null) {
                tag(decision, usage);
            }
            seconds("warmlane.overhead_seconds", progress.overheadNanos());
            seconds("warmlane.first_byte_seconds", progress.firstByteNanos());
            if (usage != null) {
                tag(usage);
            }
        }

        private void tag(RoutingDecision decision, @Nullable UsageReport usage) {
            span.tag("warmlane.endpoint", decision.endpoint().name());
            span.tag("warmlane.key", decision.source().label());
            span.tag("warmlane.outcome", decision.outcome().label());
            span.tag("warmlane.predicted_tokens", decision.predictedTokens(usage));
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
}
