package dev.warmlane.proxy.http;

import dev.warmlane.proxy.error.ApiException;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http2.Http2StreamChannel;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.web.util.UriComponentsBuilder;
import reactor.netty.Connection;
import reactor.netty.NettyPipeline;
import reactor.netty.http.server.HttpServerRequest;

/** A client's request to go on as a WebSocket (RFC 6455), and what its connection needs for that. */
public final class WebSocketUpgrade {
    private WebSocketUpgrade() {}

    /** Whether the request asks for it, rightly or not. */
    public static boolean isAsked(ServerHttpRequest request) {
        return "websocket".equalsIgnoreCase(request.getHeaders().getUpgrade());
    }

    /** Fails with 400 or 426, which say what a WebSocket needs, where the request is none for one. */
    public static void check(ServerHttpRequest request) {
        if (channel(request) instanceof Http2StreamChannel) {
            throw ApiException.badRequest(
                    null, "websocket_needs_http1", "A WebSocket needs a connection of HTTP/1.1; this one is HTTP/2.");
        }
        boolean connects = tokens(request, "Connection").anyMatch("upgrade"::equalsIgnoreCase);
        String version = request.getHeaders().getFirst("Sec-WebSocket-Version");
        if (!HttpMethod.GET.equals(request.getMethod())
                || !isAsked(request)
                || !connects
                || !ApiException.WEBSOCKET_VERSION.equals(version)
                || isHttp10(request)) {
            throw ApiException.upgradeRequired();
        }
        List<String> keys = request.getHeaders().getOrEmpty("Sec-WebSocket-Key");
        if (keys.size() != 1 || keys.get(0).length() != 24) {
            throw ApiException.badRequest(null, "websocket_key", "Sec-WebSocket-Key (expected: 16 bytes in Base64).");
        }
    }

    /** The protocols that the client would speak, the one that it likes best first. */
    public static List<String> protocols(ServerHttpRequest request) {
        return tokens(request, "Sec-WebSocket-Protocol").toList();
    }

    /** A parameter of the query, for browsers cannot set headers; null where there is none. */
    public static @Nullable String parameter(ServerHttpRequest request, String name) {
        String query = request.getURI().getRawQuery();
        if (query == null) {
            return null;
        }
        // Not decoded: a key is a key, in whatever spelling, as long as it stays the same.
        String value = UriComponentsBuilder.newInstance()
                .query(query)
                .build()
                .getQueryParams()
                .getFirst(name);
        return value == null || value.isBlank() ? null : value;
    }

    /** Makes the connection one whose codec Netty can replace, without what watches requests. On its event loop. */
    public static void prepare(Channel channel) {
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.remove(RequestWatch.class);
        pipeline.remove(MalformedRequests.class);
        pipeline.replace(NettyPipeline.HttpCodec, NettyPipeline.HttpCodec, new HttpServerCodec());
    }

    /** The client's connection. */
    public static Channel channel(ServerHttpRequest request) {
        Object server = ServerHttpRequestDecorator.getNativeRequest(request);
        return ((Connection) server).channel();
    }

    private static boolean isHttp10(ServerHttpRequest request) {
        HttpServerRequest server = ServerHttpRequestDecorator.getNativeRequest(request);
        return server.version().minorVersion() == 0;
    }

    private static Stream<String> tokens(ServerHttpRequest request, String header) {
        return request.getHeaders().getOrEmpty(header).stream()
                .flatMap(line -> Stream.of(line.split(",", -1)))
                .map(String::strip);
    }
}
