package dev.warmlane.proxy;

import dev.warmlane.core.health.FailureCause;
import dev.warmlane.core.routing.Dispatch;
import dev.warmlane.engines.client.UnusableResponse;
import dev.warmlane.proxy.body.UsageChunkRemover;
import dev.warmlane.proxy.error.ErrorJson;
import dev.warmlane.proxy.error.FailureLog;
import dev.warmlane.proxy.http.RouteTraits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.Connection;
import reactor.netty.http.client.HttpClientResponse;

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

    /** Completes when the client has it all. Fails with nothing written if another endpoint can still take over. */
    Mono<Void> write(
            ServerWebExchange exchange,
            HttpClientResponse upstream,
            ByteBufFlux content,
            Dispatch dispatch,
            RoutedExchange routed,
            Runnable onFirstByte) {
        ServerHttpResponse response = exchange.getResponse();
        ResponseObserver observer = new ResponseObserver(
                dispatch,
                routed,
                upstream.status().code(),
                () -> headers.write(response, upstream.status().code(), upstream.responseHeaders(), dispatch, routed),
                onFirstByte,
                log);
        NettyDataBufferFactory buffers = (NettyDataBufferFactory) response.bufferFactory();
        if (isShort(upstream)) {
            // Nothing is written before the whole is there, so until then another endpoint can still take over.
            return content.aggregate()
                    .retain()
                    .defaultIfEmpty(Unpooled.EMPTY_BUFFER)
                    .flatMap(whole -> {
                        if (observer.holdWhole(whole)) {
                            if (retries.allow(routed, FailureCause.ABORT)) {
                                whole.release();
                                return Mono.error(UnusableResponse.aborted());
                            }
                            observer.commitAborted();
                        }
                        observer.release();
                        observer.complete();
                        return response.writeWith(Mono.just(buffers.wrap(whole)));
                    });
        }
        routed.progress().inChunks();
        if (!isEventStream(upstream.responseHeaders().get("content-type"))) {
            // Cut short, the response is not ended properly, so the client sees that it is not whole. The failure
            // becomes one of
            // our own: Spring takes "Connection reset by peer" for the client's reset, and ends the response as if it
            // were whole.
            return write(
                    response,
                    content.retain()
                            .doOnNext(observer::accept)
                            .doOnComplete(observer::complete)
                            .onErrorMap(failure -> response.isCommitted(), observer::brokeOff)
                            .map(buffers::wrap));
        }
        // Reactor Netty's response is the connection that it comes on.
        EventExecutor loop = ((Connection) upstream).channel().eventLoop();
        Flux<ByteBuf> held = new HeldStream(
                content,
                observer,
                loop,
                retries.possible(routed) ? holdNanos : 0,
                () -> retries.allow(routed, FailureCause.ABORT));
        Flux<ByteBuf> events = routed.usageAsked() ? withoutUsageChunk(held, buffers.getByteBufAllocator()) : held;
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

    /** Writes chunks as they come; those that come in one turn of the event loop are flushed together. */
    static Mono<Void> write(ServerHttpResponse response, Flux<DataBuffer> chunks) {
        // Not writeAndFlushWith, which makes several publishers for each chunk. Reactor Netty flushes these as soon as well.
        return response.writeWith(chunks);
    }

    private static Flux<ByteBuf> withoutUsageChunk(Flux<ByteBuf> chunks, ByteBufAllocator allocator) {
        UsageChunkRemover remover = new UsageChunkRemover();
        return chunks.map(chunk -> remover.accept(chunk, allocator))
                .concatWith(Mono.fromSupplier(remover::end))
                .doFinally(signal -> remover.end().release());
    }

    /** Whether the response says that it fits into memory, so that it may be read before it is passed on. */
    static boolean isShort(HttpClientResponse upstream) {
        String contentLength = upstream.responseHeaders().get("content-length");
        if (contentLength == null) {
            return false;
        }
        try {
            return Long.parseLong(contentLength) <= WHOLE_BYTES;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    static boolean isEventStream(@Nullable String contentType) {
        return contentType != null && contentType.regionMatches(true, 0, "text/event-stream", 0, 17);
    }
}
