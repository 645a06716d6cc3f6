package dev.warmlane.proxy;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.health.HealthWatch.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.core.vllm.Transfer;
import dev.warmlane.engines.client.EngineFailure.UnusableResponse;
import dev.warmlane.proxy.NamedModels.NamedModel;
import dev.warmlane.proxy.body.ChunkRewriter.UsageChunkRemover;
import dev.warmlane.proxy.body.ChunkRewriter.UsageCorrection;
import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.error.ErrorJson;
import dev.warmlane.proxy.error.FailureLog;
import dev.warmlane.proxy.http.RequestIds;
import dev.warmlane.proxy.http.RouteTraits;
import dev.warmlane.proxy.outcome.Pseudonyms;
import dev.warmlane.proxy.upstream.UpstreamHeaders;
import dev.warmlane.proxy.upstream.UpstreamHeaders.HopByHop;
import dev.warmlane.proxy.upstream.UpstreamResponse;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.time.Duration;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Passes an endpoint's response on to the client: bytes untouched, each chunk of a stream as it comes. */
final class ResponseWriter {
    /** A response up to this size is sent together with its headers: one system call instead of three. */
    private static final long WHOLE_BYTES = 64 * 1024;

    private final ResponseHeaders headers;
    private final Retries retries;
    private final FailureLog log;
    private final long holdNanos;

    /** @param hold how long the headers of a stream wait for its first token */
    ResponseWriter(ResponseHeaders headers, Retries retries, FailureLog log, Duration hold) {
        this.headers = headers;
        this.retries = retries;
        this.log = log;
        this.holdNanos = hold.toNanos();
    }

    /**
     * Completes when the client has it all. Fails with nothing written if another endpoint can still take over.
     *
     * @param whole the content of a response that {@link #isShort}
     */
    Mono<Void> write(
            ServerWebExchange exchange,
            UpstreamResponse upstream,
            Mono<ByteBuf> whole,
            Dispatch dispatch,
            RoutedExchange routed,
            Runnable onFirstByte) {
        ServerHttpResponse response = exchange.getResponse();
        ResponseObserver observer = new ResponseObserver(
                dispatch,
                routed,
                upstream.status(),
                () -> headers.write(response, upstream.status(), upstream.headers(), dispatch, routed),
                onFirstByte,
                log);
        boolean good = upstream.status() < 400;
        boolean stream = upstream.isEventStream();
        ComputedPrompt computed = good ? routed.attempts().computed() : null;
        Transfer transfer = computed == null ? null : computed.transfer();
        if (isShort(upstream) && !(good && stream)) {
            return (transfer == null ? whole : whole.map(body -> corrected(body, transfer, upstream)))
                    .flatMap(body -> writeWhole(response, body, observer, routed));
        }
        routed.progress().inChunks();
        if (stream) {
            // An event may be taken out, and one that tells of an error put at the end.
            upstream.headers().remove(HttpHeaderNames.CONTENT_LENGTH);
        }
        Flux<ByteBuf> content = transfer == null
                ? upstream
                : new UsageCorrection(transfer, stream)
                        .rewrite(upstream, buffers(response).getByteBufAllocator());
        return stream
                ? writeEvents(exchange, content, upstream, observer, routed)
                : writeBody(response, content, observer);
    }

    /** Nothing is written before the whole is there, so until then another endpoint can still take over. */
    private Mono<Void> writeWhole(
            ServerHttpResponse response, ByteBuf body, ResponseObserver observer, RoutedExchange routed) {
        if (observer.holdWhole(body)) {
            if (retries.giveUp(routed, FailureCause.ABORT)) {
                body.release();
                return Mono.error(UnusableResponse.aborted());
            }
            observer.commitAborted();
        }
        observer.release();
        observer.complete();
        return response.writeWith(Mono.just(buffers(response).wrap(body)));
    }

    /**
     * Cut short, the response is not ended properly, so the client sees that it is not whole. The failure becomes one of our own: Spring
     * takes "Connection reset by peer" for the client's reset, and ends the response as if it were whole.
     */
    private static Mono<Void> writeBody(ServerHttpResponse response, Flux<ByteBuf> content, ResponseObserver observer) {
        return write(
                response,
                content.doOnNext(observer::accept)
                        .doOnComplete(observer::complete)
                        .onErrorMap(failure -> response.isCommitted(), observer::brokeOff)
                        .map(buffers(response)::wrap));
    }

    /** Cut short, the response ends with an event that says so. */
    private Mono<Void> writeEvents(
            ServerWebExchange exchange,
            Flux<ByteBuf> content,
            UpstreamResponse upstream,
            ResponseObserver observer,
            RoutedExchange routed) {
        ServerHttpResponse response = exchange.getResponse();
        NettyDataBufferFactory buffers = buffers(response);
        // What is compressed shows neither where an event ends nor what it says.
        boolean legible = !upstream.headers().contains(HttpHeaderNames.CONTENT_ENCODING);
        Flux<ByteBuf> held = new HeldStream(
                content,
                observer,
                upstream.eventLoop(),
                legible && retries.possible(routed) ? holdNanos : 0,
                () -> retries.giveUp(routed, FailureCause.ABORT));
        Flux<ByteBuf> events = legible && routed.usageAsked()
                ? new UsageChunkRemover().rewrite(held, buffers.getByteBufAllocator())
                : held;
        return write(
                response,
                events.<DataBuffer>map(buffers::wrap)
                        .onErrorResume(
                                failure -> response.isCommitted(),
                                failure -> Mono.just(buffers.wrap(ErrorJson.event(
                                        observer.brokeOff(failure),
                                        RouteTraits.errorFormat(exchange),
                                        routed.requestId())))));
    }

    private static NettyDataBufferFactory buffers(ServerHttpResponse response) {
        return (NettyDataBufferFactory) response.bufferFactory();
    }

    /** Writes chunks as they come; those that come in one turn of the event loop are flushed together. */
    static Mono<Void> write(ServerHttpResponse response, Flux<DataBuffer> chunks) {
        // Not writeAndFlushWith, which makes several publishers for each chunk. These are flushed as soon.
        return response.writeWith(chunks);
    }

    private static ByteBuf corrected(ByteBuf body, Transfer transfer, UpstreamResponse upstream) {
        ByteBuf corrected = Unpooled.wrappedBuffer(transfer.correct(ByteBufUtil.getBytes(body), false));
        body.release();
        upstream.headers().set("content-length", corrected.readableBytes());
        return corrected;
    }

    /** Whether the response says that it fits into memory, so that it may be read before it is passed on. */
    static boolean isShort(UpstreamResponse upstream) {
        String contentLength = upstream.headers().get(HttpHeaderNames.CONTENT_LENGTH);
        if (contentLength == null) {
            return false;
        }
        try {
            return Long.parseLong(contentLength) <= WHOLE_BYTES;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /** The head of a response: the endpoint's status and headers, less those of its connection, and the gateway's own. */
    static final class ResponseHeaders {
        /** Read by the OpenAI SDKs, which else repeat requests that failed with 408, 409, 429 or 5xx. */
        static final String SHOULD_RETRY = "x-should-retry";

        private final boolean explained;
        private final @Nullable Pseudonyms pseudonyms;
        private final Set<String> dropped;

        /**
         * @param explained whether to name endpoint and affinity
         * @param pseudonyms what endpoints are called; null: by their names
         * @param dropped headers of endpoints that clients do not get, in any case
         */
        ResponseHeaders(boolean explained, @Nullable Pseudonyms pseudonyms, Collection<String> dropped) {
            this.explained = explained;
            this.pseudonyms = pseudonyms;
            this.dropped = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
            this.dropped.addAll(dropped);
        }

        /**
         * Writes the head of an endpoint's response.
         *
         * @param from its headers
         */
        void write(
                ServerHttpResponse to,
                int status,
                io.netty.handler.codec.http.HttpHeaders from,
                Dispatch dispatch,
                RoutedExchange routed) {
            to.setStatusCode(HttpStatusCode.valueOf(status));
            HttpHeaders headers = to.getHeaders();
            copy(from, headers);
            headers.set(RequestIds.HEADER, routed.requestId());
            if (FailureCause.isUnavailable(status) && routed.attempts().isRetryDiscouraged()) {
                headers.set(SHOULD_RETRY, "false");
            }
            if (status == 204) {
                // Over HTTP/2 a length makes it malformed for some clients; over HTTP/1.1 Netty takes it out.
                headers.remove(HttpHeaders.CONTENT_LENGTH);
            }
            if (status == 503 && !headers.containsHeader(ApiException.RETRY_AFTER)) {
                // vLLM does not say it, not even where its queue is full.
                ApiException.retrySoon().forEach(headers::set);
            }
            NamedModel named = routed.named();
            if (explained && named != null) {
                headers.set("x-warmlane-model", named.target().model());
            }
            if (explained) {
                headers.set("x-warmlane-endpoint", name(dispatch.endpoint()));
                headers.set(
                        "x-warmlane-affinity",
                        dispatch.decision().source().label() + ";"
                                + dispatch.decision().outcome().label());
            }
        }

        private String name(Endpoint endpoint) {
            return pseudonyms == null
                    ? endpoint.name()
                    : Long.toHexString(pseudonyms.of(endpoint.id().hash()));
        }

        private void copy(io.netty.handler.codec.http.HttpHeaders from, HttpHeaders to) {
            HopByHop hopByHop = new HopByHop(from.getAll(HttpHeaderNames.CONNECTION));
            from.forEach(header -> {
                String name = header.getKey();
                if (!hopByHop.contains(name) && !UpstreamHeaders.isOwn(name) && !dropped.contains(name)) {
                    to.add(name, header.getValue());
                }
            });
        }
    }
}
