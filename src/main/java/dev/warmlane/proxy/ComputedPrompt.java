package dev.warmlane.proxy;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.vllm.Transfer;
import dev.warmlane.proxy.upstream.UpstreamAttempt;
import dev.warmlane.proxy.upstream.UpstreamClient;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.springframework.web.server.ServerWebExchange;

/**
 * A prompt that a prefill endpoint has computed, until another endpoint is told to fetch its blocks or {@link UnusedBlocks} has
 * them released. Safe for concurrent use.
 */
final class ComputedPrompt {
    private final Transfer transfer;
    private final long sinceNanos;
    private boolean handedOver;
    private boolean released;

    /** @param sinceNanos now, by {@link System#nanoTime} */
    ComputedPrompt(Transfer transfer, long sinceNanos) {
        this.transfer = transfer;
        this.sinceNanos = sinceNanos;
    }

    /** How its blocks are fetched. */
    Transfer transfer() {
        return transfer;
    }

    /** When it was there, by {@link System#nanoTime}. */
    long sinceNanos() {
        return sinceNanos;
    }

    /** The same for an endpoint that is told of it now: from then on the blocks are its to release. Null if they are released. */
    synchronized @Nullable Transfer handOver() {
        handedOver = true;
        return released ? null : transfer;
    }

    /** Whether no endpoint was told of it. */
    synchronized boolean isUnused() {
        return !handedOver;
    }

    /** What is to be released, as no endpoint was told of it; null if one was. */
    synchronized @Nullable Transfer takeUnused() {
        if (handedOver) {
            return null;
        }
        released = true;
        return transfer;
    }

    /**
     * Releases blocks of prefill endpoints that nobody will fetch. The connector keeps them for whoever fetches them or, if nobody
     * does, until their lease is over. So the decode endpoint gets a request of one word that fetches them.
     */
    static final class UnusedBlocks {
        /** Blocks that are too many for this are released by the end of their lease. */
        private static final int MAX_RELEASES = 256;

        private static final String PATH = "/v1/completions";

        private final UpstreamClient client;
        private final UpstreamRequests requests;
        private final Semaphore releases = new Semaphore(MAX_RELEASES);

        UnusedBlocks(UpstreamClient client, UpstreamRequests requests) {
            this.client = client;
            this.requests = requests;
        }

        /** The request is over, or goes where nothing is fetched. */
        void release(ServerWebExchange exchange, RoutedExchange routed) {
            ComputedPrompt computed = routed.computed();
            if (computed == null) {
                return;
            }
            routed.forgetComputed();
            Transfer transfer = computed.takeUnused();
            if (transfer != null) {
                release(exchange, routed, transfer);
            }
        }

        /** The same of blocks that were computed when it was over. */
        void release(ServerWebExchange exchange, RoutedExchange routed, Transfer transfer) {
            EndpointId last = routed.endpoint();
            Endpoint endpoint =
                    last == null ? null : routed.pool().endpoints().snapshot().find(last);
            if (endpoint == null || !releases.tryAcquire()) {
                return;
            }
            UpstreamAttempt attempt = new UpstreamAttempt(() -> false);
            byte[] body = transfer.release(routed.requestBody().modelIfRead());
            var unused = client.send(
                            endpoint.uri(),
                            routed.pool().tls(),
                            attempt,
                            () -> request(exchange, routed, endpoint, body),
                            response -> {
                                attempt.answered();
                                return response.doOnNext(ByteBuf::release).then();
                            })
                    .timeout(routed.pool().prefillDecode().releaseTimeout())
                    .doFinally(signal -> {
                        attempt.end();
                        releases.release();
                    })
                    .subscribe(none -> {}, failure -> {});
        }

        private FullHttpRequest request(
                ServerWebExchange exchange, RoutedExchange routed, Endpoint endpoint, byte[] body) {
            FullHttpRequest request = requests.of(exchange, routed, endpoint, Unpooled.wrappedBuffer(body));
            request.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/json");
            return request.setUri(endpoint.uri().getRawPath() + PATH);
        }
    }
}
