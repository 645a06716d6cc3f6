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
import org.springframework.web.server.ServerWebExchange;

/**
 * Releases blocks of prefill endpoints that nobody will fetch. The connector keeps them for whoever fetches them or, if nobody
 * does, until their lease is over. So the decode endpoint gets a request of one word that fetches them.
 */
final class UnusedBlocks {
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

    /** Releases the blocks of a request that is over, or that goes to an endpoint which fetches nothing, if nobody was told of them. */
    void release(ServerWebExchange exchange, RoutedExchange routed) {
        ComputedPrompt computed = routed.attempts().computed();
        if (computed == null) {
            return;
        }
        routed.attempts().forgetComputed();
        Transfer transfer = computed.takeUnused();
        if (transfer != null) {
            release(exchange, routed, transfer);
        }
    }

    /** Releases blocks that were computed only when the request was over. */
    void release(ServerWebExchange exchange, RoutedExchange routed, Transfer transfer) {
        EndpointId last = routed.attempts().endpoint();
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
                            attempt.responded();
                            return response.doOnNext(ByteBuf::release).then();
                        })
                .timeout(routed.pool().prefillDecode().releaseTimeout())
                .doFinally(signal -> {
                    attempt.end();
                    releases.release();
                })
                .subscribe(none -> {}, failure -> {});
    }

    private FullHttpRequest request(ServerWebExchange exchange, RoutedExchange routed, Endpoint endpoint, byte[] body) {
        FullHttpRequest request = requests.of(exchange, routed, endpoint, Unpooled.wrappedBuffer(body));
        request.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/json");
        return request.setUri(endpoint.uri().getRawPath() + PATH);
    }
}
