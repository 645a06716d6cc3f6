package dev.warmlane.proxy.outcome;

import dev.warmlane.core.routing.PoolAverages.UsageReport;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.proxy.access.Authenticator.Identity;
import dev.warmlane.proxy.outcome.AccessRecord.Response;
import dev.warmlane.proxy.outcome.AccessRecord.Routing;
import dev.warmlane.proxy.outcome.RequestOutcome.OutcomeListener;
import dev.warmlane.proxy.outcome.RequestProgress.LoggedRequest;
import dev.warmlane.settings.PoolSettings;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;

/** Logs every request of the public port when it is over: served, refused, failed or left by its client. */
public final class AccessLogListener implements OutcomeListener {
    private static final String EVENT_STREAM = "text/event-stream";

    private final AccessLog log;
    private final InstantSource clock;

    public AccessLogListener(AccessLog log, InstantSource clock) {
        this.log = log;
        this.clock = clock;
    }

    @Override
    public void ended(RequestOutcome outcome) {
        ServerWebExchange exchange = outcome.exchange();
        Route route = exchange.getAttribute(ServerWebExchangeUtils.GATEWAY_ROUTE_ATTR);
        Identity identity = exchange.getAttribute(Identity.ATTRIBUTE);
        RequestProgress progress = outcome.progress();
        LoggedRequest logged = progress == null ? null : progress.logged();
        log.add(new AccessRecord(
                clock.millis() - TimeUnit.NANOSECONDS.toMillis(outcome.durationNanos()),
                outcome.requestId(),
                identity == null ? null : identity.name(),
                route == null ? null : route.getId(),
                outcome.pool().equals(PoolSettings.NO_POOL) ? null : outcome.pool(),
                outcome.askedModel(),
                Objects.equals(outcome.model(), outcome.askedModel()) ? null : outcome.model(),
                outcome.result().label(),
                outcome.status(),
                outcome.errorCode(),
                outcome.traceId(),
                logged == null ? null : logged.prompt(),
                progress == null ? null : progress.key(),
                progress == null ? null : routing(progress),
                progress == null ? Response.NONE : response(exchange, progress, logged),
                outcome.durationNanos()));
    }

    private static @Nullable Routing routing(RequestProgress progress) {
        RoutingDecision decision = progress.decision();
        return decision == null
                ? null
                : new Routing(
                        decision.endpoint().name(),
                        decision.source().label(),
                        decision.outcome().label(),
                        progress.failed().stream()
                                .map(attempt -> new AccessRecord.Failed(attempt.endpoint(), attempt.cause()))
                                .toList(),
                        progress.retries(),
                        decision.matchedTokens(),
                        progress.overheadNanos());
    }

    private static Response response(
            ServerWebExchange exchange, RequestProgress progress, @Nullable LoggedRequest logged) {
        Long firstByte = progress.firstByteNanos() == RequestProgress.NEVER ? null : (Long) progress.firstByteNanos();
        UsageReport usage = progress.usage();
        return usage != null
                ? new Response(usage.promptTokens(), usage.outputTokens(), usage.cachedTokens(), firstByte)
                : new Response(estimatedTokens(progress, logged), streamedChunks(exchange, progress), null, firstByte);
    }

    private static @Nullable Long estimatedTokens(RequestProgress progress, @Nullable LoggedRequest logged) {
        if (logged == null || logged.promptTokens() == 0) {
            return null;
        }
        RoutingDecision decision = progress.decision();
        long estimate = decision == null ? 0 : decision.promptTokens();
        return estimate > 0 ? estimate : logged.promptTokens();
    }

    private static @Nullable Long streamedChunks(ServerWebExchange exchange, RequestProgress progress) {
        // Not parsed: what an engine says of its content may be no type at all.
        String type = exchange.getResponse().getHeaders().getFirst(HttpHeaders.CONTENT_TYPE);
        boolean stream = type != null && type.regionMatches(true, 0, EVENT_STREAM, 0, EVENT_STREAM.length());
        return stream ? (Long) (long) progress.chunks() : null;
    }
}
