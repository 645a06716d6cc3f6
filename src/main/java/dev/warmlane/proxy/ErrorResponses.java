package dev.warmlane.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.engines.client.EngineFailure;
import dev.warmlane.engines.client.EngineFailure.UnusableResponse;
import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.proxy.upstream.UpstreamResponse;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.util.ReferenceCountUtil;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.tcp.TcpClient;

/** Decides whether an endpoint's error goes to the client or the request to another endpoint. Safe for concurrent use. */
final class ErrorResponses {
    /** A decode endpoint could not have the blocks; it computes the prompt itself, and is not to blame. */
    static final class TransferFailed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private TransferFailed() {
            super("transfer failed", null, false, false);
        }
    }

    /** A server has fewer ranks than it had; the next scrape will tell how many. */
    static final class RankGone extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private RankGone() {
            super("no such rank", null, false, false);
        }
    }

    private final ServedModels models;
    private final Retries retries;
    private final Duration timeout;

    /**
     * @param models hears which endpoint does not have which model
     * @param timeout of an error's body, after which its status decides, and of the news whether somebody listens
     */
    ErrorResponses(ServedModels models, Retries retries, Duration timeout) {
        this.models = models;
        this.retries = retries;
        this.timeout = timeout;
    }

    /**
     * Passes the response on, or fails: with {@link UnusableResponse} where another endpoint or model is to be asked, {@link TransferFailed} or
     * {@link RankGone} where the same is.
     *
     * @param endpoint whom the request named: one rank of the dispatch's, or its server
     * @param upstream with status 400 or above
     * @param pass takes the body, if it is to be read whole
     */
    Mono<Void> judge(
            RoutedExchange routed,
            Dispatch dispatch,
            Endpoint endpoint,
            UpstreamResponse upstream,
            Function<Mono<ByteBuf>, Mono<Void>> pass) {
        int status = upstream.status();
        if (status == 500
                && routed.attempts().computed() != null
                && routed.pool().prefillDecode().decodeAlone()) {
            return Mono.error(new TransferFailed());
        }
        boolean telling = status == 404 && routed.requestBody().model() != null;
        boolean ranked = status == 400 && endpoint.id().isRank();
        // Of a 503 it has to be known whether the endpoint is to blame, even where no other can be asked.
        boolean possible = telling || ranked || status == 503 || (status >= 500 && retries.possible(routed));
        if (!possible || !ResponseWriter.isShort(upstream)) {
            // Asked even where it cannot be, since it notes which endpoints fail.
            return FailureCause.isUnavailable(status) && retries.giveUp(routed, FailureCause.UNAVAILABLE)
                    ? Mono.error(UnusableResponse.status(status))
                    : pass.apply(upstream.whole());
        }
        return upstream.isWholeWithin(timeout)
                .flatMap(whole -> whole
                        ? upstream.whole()
                                .flatMap(body -> Mono.using(
                                        () -> body,
                                        read -> ranked && EngineRefusal.isOfRank(read)
                                                ? Mono.error(new RankGone())
                                                : decide(
                                                        routed,
                                                        dispatch,
                                                        status,
                                                        read,
                                                        Mono.defer(() -> pass.apply(Mono.fromSupplier(read::retain)))),
                                        ReferenceCountUtil::release))
                        // The status may say enough. If not, what comes of the body is for the client to read.
                        : decide(
                                routed,
                                dispatch,
                                status,
                                Unpooled.EMPTY_BUFFER,
                                Mono.defer(() -> pass.apply(upstream.whole()))));
    }

    private Mono<Void> decide(RoutedExchange routed, Dispatch dispatch, int status, ByteBuf body, Mono<Void> passed) {
        return refusal(routed, dispatch, status, body)
                .filter(cause -> {
                    boolean givenUp = retries.giveUp(routed, cause);
                    if (!givenUp && cause == FailureCause.FULL) {
                        dispatch.full();
                    }
                    return givenUp;
                })
                .flatMap(cause -> Mono.<Void>error(UnusableResponse.refusal(status, cause)))
                .switchIfEmpty(passed);
    }

    /** Why another endpoint should be asked after an error; empty: it should not. */
    private Mono<FailureCause> refusal(RoutedExchange routed, Dispatch dispatch, int status, ByteBuf body) {
        FailureCause said = EngineRefusal.of(status, body);
        String model = said == FailureCause.NO_MODEL ? routed.requestBody().lastModel() : null;
        if (model != null) {
            models.refused(routed.pool().name(), dispatch.endpoint().id(), model);
            routed.attempts().askAnywhere();
        }
        if (said != null || status != 500) {
            return Mono.justOrEmpty(said);
        }
        // A server at work can answer 500 to a request that it cannot compute, one that ends answers it to all.
        Endpoint now =
                routed.pool().endpoints().snapshot().find(dispatch.endpoint().id());
        return now == null || now.state() == EndpointState.DRAINING
                ? Mono.just(FailureCause.UNAVAILABLE)
                : listens(dispatch.endpoint())
                        .flatMap(listens -> listens ? Mono.empty() : Mono.just(FailureCause.CONNECT));
    }

    private Mono<Boolean> listens(Endpoint endpoint) {
        URI uri = endpoint.uri();
        int port = uri.getPort() > 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? 443 : 80;
        return TcpClient.newConnection()
                .host(uri.getHost())
                .port(port)
                .connect()
                .doOnNext(Connection::dispose)
                .map(connected -> true)
                .timeout(timeout)
                // The kernel of a server at work takes a connection at once.
                .onErrorResume(failure -> Mono.just(!(failure instanceof TimeoutException
                        || EngineFailure.of(failure).isRefused())));
    }

    /** What an engine means by an error response: the status alone does not tell whether another engine should be asked. */
    static final class EngineRefusal {
        /** Of vLLM's QueueOverflowError and MaxQueuedTokensError (vllm/exceptions.py, 0.33), both 503. */
        private static final ByteBuf QUEUE_FULL = text("on a different instance");

        /** What Python says once a process has been told to end: 500 from vLLM 0.26. */
        private static final ByteBuf ENDING = text("after shutdown");

        /** Of vLLM's "The model `...` does not exist." */
        private static final ByteBuf NO_MODEL = text("` does not exist");

        /** Of vLLM's "data_parallel_rank 1 is out of range [0, 1)." (vllm/v1/engine/input_processor.py, 0.33). */
        private static final ByteBuf NO_RANK = text("data_parallel_rank ");

        private EngineRefusal() {}

        /**
         * Why another endpoint should be asked.
         *
         * @param status of the response, 404 or 500 to 599
         * @param body of the response; may be cut short
         * @return null if the status and the body give no reason
         */
        static @Nullable FailureCause of(int status, ByteBuf body) {
            if (status == 404) {
                return ByteBufUtil.indexOf(NO_MODEL, body) >= 0 ? FailureCause.NO_MODEL : null;
            }
            if (status == 503 && ByteBufUtil.indexOf(QUEUE_FULL, body) >= 0) {
                return FailureCause.FULL;
            }
            boolean ends = status == 500 && ByteBufUtil.indexOf(ENDING, body) >= 0;
            return ends || FailureCause.isUnavailable(status) ? FailureCause.UNAVAILABLE : null;
        }

        /** Whether the body of a 400 says that the server does not have the rank that it was sent to. */
        static boolean isOfRank(ByteBuf body) {
            return ByteBufUtil.indexOf(NO_RANK, body) >= 0;
        }

        private static ByteBuf text(String ascii) {
            return Unpooled.unreleasableBuffer(
                    Unpooled.copiedBuffer(ascii, US_ASCII).asReadOnly());
        }
    }
}
