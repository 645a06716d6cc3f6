package dev.warmlane.proxy;

import dev.warmlane.accesslog.AccessRecord;
import dev.warmlane.accesslog.AccessRecord.Answer;
import dev.warmlane.accesslog.AccessRecord.Routing;
import dev.warmlane.accesslog.LoggedPrompt;
import dev.warmlane.prefix.PromptBlocks;
import dev.warmlane.routing.Delivery;
import dev.warmlane.routing.Dispatch;
import dev.warmlane.routing.RoutingDecision;
import dev.warmlane.vllm.GenerationRequest;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;

/** One exchange, and what the access log says of it in the end. */
final class AccessEntry {
    /** What a token is taken for where the policy has not read the prompt. */
    private static final int BYTES_PER_TOKEN = 4;

    private static final String FAILED = "failed";

    private final ServerWebExchange exchange;
    private final long epochMillis;
    private final long startedNanos;
    private volatile @Nullable Sent sent;

    AccessEntry(ServerWebExchange exchange, long epochMillis, long startedNanos) {
        this.exchange = exchange;
        this.epochMillis = epochMillis;
        this.startedNanos = startedNanos;
    }

    /** Reads what it says of the body, which is dropped when the answer begins. */
    void readBody() {
        sent = sent();
    }

    /** The answer went out in full, or broke off where the client could be told. */
    AccessRecord completed() {
        RoutedExchange routed = exchange.getAttribute(RoutedExchange.ATTRIBUTE);
        boolean brokenOff = routed != null && routed.isBrokenOff();
        return record(brokenOff ? FAILED : null, sentStatus());
    }

    /** The request ended with an error: the client gets a status for it, or a connection that breaks. */
    AccessRecord failed(Throwable failure) {
        Integer sent = sentStatus();
        return sent != null ? record(FAILED, sent) : record(null, ErrorHandler.status(failure));
    }

    /** The client left. */
    AccessRecord cancelled() {
        return record("cancelled", sentStatus());
    }

    /** The status that has gone out; null before. */
    private @Nullable Integer sentStatus() {
        ServerHttpResponse response = exchange.getResponse();
        HttpStatusCode status = response.isCommitted() ? response.getStatusCode() : null;
        return status == null ? null : (Integer) status.value();
    }

    /** @param result null for the class of the status */
    private AccessRecord record(@Nullable String result, @Nullable Integer status) {
        Route route = exchange.getAttribute(ServerWebExchangeUtils.GATEWAY_ROUTE_ATTR);
        RoutedExchange routed = exchange.getAttribute(RoutedExchange.ATTRIBUTE);
        Sent sent = sent();
        PromptBlocks prompt = sent == null ? null : sent.prompt();
        Dispatch dispatch = routed == null ? null : routed.current();
        return new AccessRecord(
                epochMillis,
                RequestIds.of(exchange),
                route == null ? null : route.getId(),
                routed == null ? null : routed.pool().name(),
                sent == null ? null : sent.model(),
                result != null ? result : resultOf(status),
                status,
                prompt == null ? null : LoggedPrompt.of(prompt),
                routed == null ? null : routed.request().key(),
                routed == null || dispatch == null ? null : routing(routed, dispatch.decision()),
                routed == null ? Answer.NONE : answer(routed, dispatch, prompt),
                System.nanoTime() - startedNanos);
    }

    /** What was sent to an endpoint, or would have been; null where the request did not come that far. */
    private @Nullable Sent sent() {
        Sent known = sent;
        RoutedExchange routed = exchange.getAttribute(RoutedExchange.ATTRIBUTE);
        if (known != null || routed == null) {
            return known;
        }
        byte[] body = routed.body();
        return new Sent(GenerationRequest.modelOf(body, 0, body.length), prompt(routed, body));
    }

    private static String resultOf(@Nullable Integer status) {
        return status == null ? FAILED : status / 100 + "xx";
    }

    /** The prompt as it was routed by, or read now if the policy had no need to; null where there is none. */
    private @Nullable PromptBlocks prompt(RoutedExchange routed, byte[] body) {
        if (!ExchangeReader.hasAffinity(exchange)) {
            return null;
        }
        PromptBlocks known = routed.request().prompt();
        if (known.bytes() > 0) {
            return known;
        }
        String contentType = exchange.getRequest().getHeaders().getFirst("Content-Type");
        PromptBlocks read = new LazyPrompt(new RequestBody(body, contentType)).getIfReadable();
        return read.bytes() > 0 ? read : null;
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

    private Answer answer(RoutedExchange routed, @Nullable Dispatch dispatch, @Nullable PromptBlocks prompt) {
        Timeline timeline = routed.timeline();
        Long firstByte = timeline.firstByteNanos() == Timeline.NEVER ? null : (Long) timeline.firstByteNanos();
        Delivery delivery = timeline.delivery();
        return delivery != null
                ? new Answer(delivery.promptTokens(), delivery.outputTokens(), delivery.cachedTokens(), firstByte)
                : new Answer(estimatedTokens(dispatch, prompt), streamedPieces(timeline), null, firstByte);
    }

    private static @Nullable Long estimatedTokens(@Nullable Dispatch dispatch, @Nullable PromptBlocks prompt) {
        if (prompt == null) {
            return null;
        }
        long estimate = dispatch == null ? 0 : dispatch.decision().promptTokens();
        return estimate > 0 ? estimate : Math.max(1, prompt.bytes() / BYTES_PER_TOKEN);
    }

    private @Nullable Long streamedPieces(Timeline timeline) {
        MediaType type = exchange.getResponse().getHeaders().getContentType();
        boolean stream = type != null && type.isCompatibleWith(MediaType.TEXT_EVENT_STREAM);
        return stream ? (Long) (long) timeline.pieces() : null;
    }

    /** What the body says, in hashes and names. */
    private record Sent(
            @Nullable String model, @Nullable PromptBlocks prompt) {}
}
