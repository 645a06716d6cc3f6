package dev.warmlane.proxy;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.routing.PoolAverages.UsageReport;
import dev.warmlane.core.routing.RoutingRequest.PrefillBypass;
import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import dev.warmlane.core.vllm.PrefillBody;
import dev.warmlane.core.vllm.StreamStart.ZeroTokenAbort;
import dev.warmlane.core.vllm.Transfer;
import dev.warmlane.core.vllm.Usage;
import dev.warmlane.engines.client.EngineFailure;
import dev.warmlane.engines.client.EngineFailure.UnusableResponse;
import dev.warmlane.proxy.ErrorResponses.EngineRefusal;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.error.FailureLog;
import dev.warmlane.proxy.outcome.RequestOutcome;
import dev.warmlane.proxy.upstream.AttemptsUnderWay;
import dev.warmlane.proxy.upstream.UpstreamAttempt;
import dev.warmlane.proxy.upstream.UpstreamClient;
import dev.warmlane.proxy.upstream.UpstreamResponse;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.FullHttpRequest;
import java.time.Duration;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/**
 * Has prompts computed by prefill endpoints, before the request goes to the endpoint that makes the response. The client sees
 * nothing of it: if a prefill endpoint fails, another one computes the prompt or, at last, the endpoint that makes the response.
 */
final class PrefillLegs {
    /** What names the blocks of a million tokens has half a megabyte. */
    private static final long MAX_RESPONSE_BYTES = 8 << 20;

    private final UpstreamClient client;
    private final AttemptsUnderWay attempts;
    private final Duration roundTrip;
    private final UpstreamRequests requests;
    private final Retries retries;
    private final ProxyMetrics metrics;
    private final FailureLog log;
    private final UnusedBlocks unused;

    /**
     * @param attempts knows of every attempt
     * @param roundTrip how long the news may take that an idle connection is closed
     */
    PrefillLegs(
            UpstreamClient client,
            AttemptsUnderWay attempts,
            Duration roundTrip,
            UpstreamRequests requests,
            Retries retries,
            ProxyMetrics metrics,
            FailureLog log) {
        this.client = client;
        this.attempts = attempts;
        this.roundTrip = roundTrip;
        this.requests = requests;
        this.retries = retries;
        this.metrics = metrics;
        this.log = log;
        this.unused = new UnusedBlocks(client, requests);
    }

    /**
     * Completes when the dispatch's endpoint can be asked: the prompt is computed, or left to it. Fails with what the client is told if
     * the endpoint may not compute prompts.
     */
    Mono<Void> before(ServerWebExchange exchange, RoutedExchange routed, Dispatch dispatch) {
        Dispatch leg = dispatch.prefill();
        ComputedPrompt computed = routed.attempts().computed();
        if (computed != null && computed.isUnused()) {
            if (dispatch.endpoint().role() == Role.DECODE) {
                // The endpoint before never heard of it, so that the blocks are still there.
                if (leg != null) {
                    leg.close();
                }
                dispatch.transferred();
                return Mono.empty();
            }
            unused.release(exchange, routed);
        } else {
            routed.attempts().forgetComputed();
        }
        PrefillBody.Api api =
                PrefillBody.Api.ofPath(exchange.getRequest().getURI().getRawPath());
        if (leg != null && api != null) {
            return routed.pool().prefillDecode().sidecar()
                    ? Mono.empty()
                    : run(exchange, routed, api, dispatch, leg, System.nanoTime(), false);
        }
        return dispatch.decision().bypass() == PrefillBypass.NO_ENDPOINT
                        && !routed.pool().prefillDecode().decodeAlone()
                ? Mono.error(Dispatcher.noPrefill(routed))
                : Mono.empty();
    }

    /** The request is over: blocks that wait for it are released. */
    void finished(ServerWebExchange exchange, RoutedExchange routed) {
        unused.release(exchange, routed);
    }

    private Mono<Void> run(
            ServerWebExchange exchange,
            RoutedExchange routed,
            PrefillBody.Api api,
            Dispatch dispatch,
            Dispatch leg,
            long startedNanos,
            boolean fresh) {
        UpstreamAttempt attempt = new UpstreamAttempt(
                () -> true, fresh, RequestOutcome.of(exchange).eventLoop());
        Mono<Void> sent = client.send(
                leg.endpoint().uri(),
                routed.pool().tls(),
                attempt,
                () -> request(exchange, routed, api, leg.endpoint()),
                upstream -> {
                    attempt.responded();
                    leg.heard();
                    return legResponded(exchange, routed, dispatch, leg, upstream, startedNanos);
                });
        return attempts.follow(attempt, leg.endpoint().id(), sent)
                .onErrorResume(failure -> attempt.metClosedConnection(failure, System.nanoTime(), roundTrip)
                        ? run(exchange, routed, api, dispatch, leg, startedNanos, true)
                        : failed(exchange, routed, api, dispatch, leg, failure));
    }

    private FullHttpRequest request(
            ServerWebExchange exchange, RoutedExchange routed, PrefillBody.Api api, Endpoint endpoint) {
        byte[] body = routed.requestBody().bytes();
        ByteBuf content;
        try {
            content = Unpooled.wrappedBuffer(PrefillBody.of(body, api).pieces(body));
        } catch (MalformedJsonException e) {
            throw ApiException.notJson(e);
        }
        return requests.of(exchange, routed, endpoint, content);
    }

    private Mono<Void> legResponded(
            ServerWebExchange exchange,
            RoutedExchange routed,
            Dispatch dispatch,
            Dispatch leg,
            UpstreamResponse upstream,
            long startedNanos) {
        int status = upstream.status();
        leg.responded(status);
        if (!isBounded(upstream)) {
            return Mono.error(UnusableResponse.content("a prefill response without length, or a long one"));
        }
        return upstream.whole().flatMap(body -> {
            byte[] response = ByteBufUtil.getBytes(body);
            body.release();
            if (status >= 400) {
                return refused(routed, dispatch, leg, status, response);
            }
            Transfer transfer = Transfer.of(response);
            if (transfer == null) {
                return ZeroTokenAbort.isIn(response, 0, response.length)
                        ? Mono.error(UnusableResponse.aborted())
                        : untransferable(routed, dispatch, leg);
            }
            leg.accepted();
            leg.firstToken();
            Usage usage = transfer.usage();
            if (usage != null) {
                Integer cached = usage.cachedTokens();
                leg.delivered(new UsageReport(
                        usage.promptTokens(), usage.completionTokens(), cached == null ? null : (long) cached));
            }
            leg.close();
            metrics.prefilled(routed.pool().name(), System.nanoTime() - startedNanos);
            dispatch.transferred();
            if (!routed.attempts().computed(transfer)) {
                unused.release(exchange, routed, transfer);
            }
            return Mono.empty();
        });
    }

    /** The endpoint refuses: this request, which the next endpoint will refuse as well, or any request at the moment. */
    private Mono<Void> refused(RoutedExchange routed, Dispatch dispatch, Dispatch leg, int status, byte[] response) {
        FailureCause cause =
                status == 404 || status >= 500 ? EngineRefusal.of(status, Unpooled.wrappedBuffer(response)) : null;
        if (cause != null && cause != FailureCause.NO_MODEL) {
            return Mono.error(UnusableResponse.refusal(status, cause));
        }
        leg.refused(status);
        leg.close();
        metrics.prefillLeg(routed.pool().name(), "refused");
        HttpStatus told = status < 500 ? HttpStatus.resolve(status) : null;
        return alone(
                routed,
                dispatch,
                ApiException.ofStatus(
                        told == null ? HttpStatus.BAD_GATEWAY : told,
                        "The prefill endpoint refused the request with status %d, and no other may compute its prompt."
                                .formatted(status)));
    }

    private Mono<Void> untransferable(RoutedExchange routed, Dispatch dispatch, Dispatch leg) {
        leg.firstByte();
        metrics.prefillLeg(routed.pool().name(), "untransferable");
        log.note(
                leg.endpoint().name(),
                "prompt computed in vain",
                "no kv_transfer_params (expected: vLLM with NixlConnector, or prefill-decode.connector llm-d-sidecar)");
        return alone(
                routed,
                dispatch,
                ApiException.upstreamFailed("The prefill endpoint does not say where the blocks of the prompt are."));
    }

    private Mono<Void> failed(
            ServerWebExchange exchange,
            RoutedExchange routed,
            PrefillBody.Api api,
            Dispatch dispatch,
            Dispatch leg,
            Throwable failure) {
        if (failure instanceof ApiException) {
            return Mono.error(failure);
        }
        EngineFailure why = UpstreamAttempt.failure(failure);
        leg.failed(why.cause());
        metrics.prefillLeg(routed.pool().name(), "failed");
        Dispatch again = retries.allowPrefill(routed, why.cause())
                ? routed.attempts().prefillAgain(dispatch, leg.endpoint().id())
                : null;
        log.note(
                leg.endpoint().name(),
                again == null ? "prompt is left to the decode endpoint" : "prompt goes to another",
                why.reason());
        return again == null
                ? alone(routed, dispatch, UpstreamAttempt.error(failure))
                : run(exchange, routed, api, dispatch, again, System.nanoTime(), false);
    }

    /** The decode endpoint computes the prompt, where it may. */
    private static Mono<Void> alone(RoutedExchange routed, Dispatch dispatch, ApiException otherwise) {
        if (!routed.pool().prefillDecode().decodeAlone()) {
            return Mono.error(otherwise);
        }
        dispatch.recomputes();
        return Mono.empty();
    }

    private static boolean isBounded(UpstreamResponse upstream) {
        String length = upstream.headers().get("content-length");
        try {
            return length != null && Long.parseLong(length) <= MAX_RESPONSE_BYTES;
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
