package dev.warmlane.proxy.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.warmlane.engines.client.ClientTls;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.net.URI;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** Requests straight to an endpoint. */
final class Requests {
    private Requests() {}

    /** The text of a whole response. Fails as the exchange does. */
    static Mono<String> send(UpstreamClient client, URI endpoint, String path) {
        return send(client, endpoint, null, path);
    }

    /** The same, secured. */
    static Mono<String> send(UpstreamClient client, URI endpoint, @Nullable ClientTls tls, String path) {
        return Mono.defer(() -> {
            AtomicReference<String> text = new AtomicReference<>();
            return exchange(
                            client,
                            endpoint,
                            tls,
                            null,
                            path,
                            response -> response.whole()
                                    .doOnNext(body -> text.set(read(body)))
                                    .then())
                    .then(Mono.fromSupplier(text::get));
        });
    }

    static Mono<Void> exchange(
            UpstreamClient client, URI endpoint, String path, Function<UpstreamResponse, Publisher<Void>> use) {
        return exchange(client, endpoint, null, path, use);
    }

    static Mono<Void> exchange(
            UpstreamClient client,
            URI endpoint,
            @Nullable EventLoop preferred,
            String path,
            Function<UpstreamResponse, Publisher<Void>> use) {
        return exchange(client, endpoint, null, preferred, path, use);
    }

    private static Mono<Void> exchange(
            UpstreamClient client,
            URI endpoint,
            @Nullable ClientTls tls,
            @Nullable EventLoop preferred,
            String path,
            Function<UpstreamResponse, Publisher<Void>> use) {
        UpstreamAttempt attempt = new UpstreamAttempt(() -> true, false, preferred);
        return client.send(endpoint, tls, attempt, () -> request(endpoint, path), response -> {
                    attempt.responded();
                    return use.apply(response);
                })
                .doFinally(signal -> attempt.end());
    }

    private static FullHttpRequest request(URI endpoint, String path) {
        FullHttpRequest request =
                new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, path, Unpooled.EMPTY_BUFFER);
        request.headers().set("host", endpoint.getAuthority());
        return request;
    }

    private static String read(ByteBuf body) {
        String text = body.toString(UTF_8);
        body.release();
        return text;
    }
}
