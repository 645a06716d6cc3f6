package dev.warmlane.proxy;

import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.RoutingDecision;
import dev.warmlane.core.routing.UsageReport;
import dev.warmlane.proxy.access.Identity;
import dev.warmlane.proxy.accesslog.AccessRecord;
import dev.warmlane.proxy.accesslog.AccessRecord.Answer;
import dev.warmlane.proxy.accesslog.AccessRecord.Routing;
import dev.warmlane.proxy.http.RequestIds;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.http.MediaType;
import org.springframework.web.server.ServerWebExchange;

/** One exchange, and what the access log says of it in the end. */
final class AccessEntry {
    private final ServerWebExchange exchange;
    private final long epochMillis;
    private final long startedNanos;

    AccessEntry(ServerWebExchange exchange, long epochMillis, long startedNanos) {
        this.exchange = exchange;
        this.epochMillis = epochMillis;
        this.startedNanos = startedNanos;
    }

    AccessRecord ended(RequestEnd end) {
        Route route = exchange.getAttribute(ServerWebExchangeUtils.GATEWAY_ROUTE_ATTR);
        RoutedExchange routed = exchange.getAttribute(RoutedExchange.ATTRIBUTE);
        Identity identity = exchange.getAttribute(Identity.ATTRIBUTE);
        LoggedRequest logged = routed == null ? null : routed.logged();
        Dispatch dispatch = routed == null ? null : routed.current();
        return new AccessRecord(
                epochMillis,
                RequestIds.of(exchange),
                identity == null ? null : identity.name(),
                route == null ? null : route.getId(),
                routed == null ? null : routed.pool().name(),
                logged == null ? null : logged.model(),
                end.result(),
                end.status(),
                logged == null ? null : logged.prompt(),
                routed == null ? null : routed.request().key(),
                routed == null || dispatch == null ? null : routing(routed, dispatch.decision()),
                routed == null ? Answer.NONE : answer(routed, dispatch, logged),
                System.nanoTime() - startedNanos);
    }

    private static Routing routing(RoutedExchange routed, RoutingDecision decision) {
        return new Routing(
                decision.endpoint().name(),
                decision.source().label(),
                decision.outcome().label(),
                routed.retries(),
                decision.matchedTokens(),
                routed.timeline().overheadNanos());
    }

    private Answer answer(RoutedExchange routed, @Nullable Dispatch dispatch, @Nullable LoggedRequest logged) {
        Timeline timeline = routed.timeline();
        Long firstByte = timeline.firstByteNanos() == Timeline.NEVER ? null : (Long) timeline.firstByteNanos();
        UsageReport delivery = timeline.delivery();
        return delivery != null
                ? new Answer(delivery.promptTokens(), delivery.outputTokens(), delivery.cachedTokens(), firstByte)
                : new Answer(estimatedTokens(dispatch, logged), streamedPieces(timeline), null, firstByte);
    }

    private static @Nullable Long estimatedTokens(@Nullable Dispatch dispatch, @Nullable LoggedRequest logged) {
        if (logged == null || logged.promptTokens() == 0) {
            return null;
        }
        long estimate = dispatch == null ? 0 : dispatch.decision().promptTokens();
        return estimate > 0 ? estimate : logged.promptTokens();
    }

    private @Nullable Long streamedPieces(Timeline timeline) {
        MediaType type = exchange.getResponse().getHeaders().getContentType();
        boolean stream = type != null && type.isCompatibleWith(MediaType.TEXT_EVENT_STREAM);
        return stream ? (Long) (long) timeline.pieces() : null;
    }
}
