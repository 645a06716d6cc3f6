package dev.warmlane.proxy;

import static org.springframework.cloud.gateway.support.ServerWebExchangeUtils.GATEWAY_REQUEST_URL_ATTR;

import dev.warmlane.core.affinity.ClientAddresses;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.vllm.PrefillBody;
import dev.warmlane.core.vllm.Transfer;
import dev.warmlane.engines.pool.Pool;
import dev.warmlane.proxy.http.RawQuery;
import dev.warmlane.proxy.upstream.UpstreamHeaders;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.net.URI;
import org.springframework.web.server.ServerWebExchange;

/** Turns a client's request into the one that an endpoint gets. Safe for concurrent use. */
final class UpstreamRequests {
    private final ClientAddresses addresses;

    /** @param addresses which of them are trusted to say whose request it is */
    UpstreamRequests(ClientAddresses addresses) {
        this.addresses = addresses;
    }

    /** The request with its own body and, if somebody else has computed its prompt, with what the endpoint is to fetch. */
    FullHttpRequest of(ServerWebExchange exchange, RoutedExchange routed, Endpoint endpoint) {
        byte[] body = routed.requestBody().bytes();
        ComputedPrompt computed = routed.attempts().computed();
        Transfer transfer = computed == null ? null : computed.handOver();
        FullHttpRequest request = request(
                exchange,
                routed,
                endpoint,
                transfer == null
                        ? Unpooled.wrappedBuffer(body)
                        : Unpooled.wrappedBuffer(PrefillBody.decodePieces(body, transfer)));
        return routed.readsResponse() || computed != null ? plainlyAnswered(request) : request;
    }

    /** The request with another body, whose response is for the gateway alone. */
    FullHttpRequest of(ServerWebExchange exchange, RoutedExchange routed, Endpoint endpoint, ByteBuf body) {
        return plainlyAnswered(request(exchange, routed, endpoint, body));
    }

    /** What is compressed says nothing to the gateway, whatever the client could read. */
    private static FullHttpRequest plainlyAnswered(FullHttpRequest request) {
        request.headers().set(HttpHeaderNames.ACCEPT_ENCODING, HttpHeaderValues.IDENTITY);
        return request;
    }

    private FullHttpRequest request(
            ServerWebExchange exchange, RoutedExchange routed, Endpoint endpoint, ByteBuf body) {
        return request(exchange, endpoint, body, routed.pool(), routed.requestId(), routed.charge() != null);
    }

    /** The copy of a request, for an endpoint of another pool. */
    FullHttpRequest of(ServerWebExchange exchange, ExchangeReader.Mirrored mirrored, Endpoint endpoint, ByteBuf body) {
        return request(exchange, endpoint, body, mirrored.pool(), mirrored.requestId(), mirrored.authenticated());
    }

    /** @param authenticated whether the client's key or token was for the gateway */
    private FullHttpRequest request(
            ServerWebExchange exchange,
            Endpoint endpoint,
            ByteBuf body,
            Pool pool,
            String requestId,
            boolean authenticated) {
        FullHttpRequest request = new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1,
                HttpMethod.valueOf(exchange.getRequest().getMethod().name()),
                target(exchange, endpoint),
                body);
        UpstreamHeaders.copy(
                exchange.getRequest(),
                request.headers(),
                endpoint,
                requestId,
                addresses,
                pool.apiKey(),
                authenticated && !pool.passesKeys(),
                body.readableBytes());
        return request;
    }

    /** The headers alone, for a client that makes its requests itself. */
    void copyHeaders(ServerWebExchange exchange, RoutedExchange routed, Endpoint endpoint, HttpHeaders to) {
        Pool pool = routed.pool();
        UpstreamHeaders.copy(
                exchange.getRequest(),
                to,
                endpoint,
                routed.requestId(),
                addresses,
                pool.apiKey(),
                routed.charge() != null && !pool.passesKeys(),
                0);
    }

    private static String target(ServerWebExchange exchange, Endpoint endpoint) {
        // The client's own: Spring Cloud Gateway encodes what looks to it as if nobody had.
        String query = RawQuery.of(exchange.getRequest().getURI());
        String path = endpoint.uri().getRawPath() + path(exchange);
        return query == null ? path : path + "?" + query;
    }

    /** Where the request goes, for a client that wants a URI. */
    static URI uri(ServerWebExchange exchange, Endpoint endpoint) {
        String query = exchange.getRequest().getURI().getRawQuery();
        String target = endpoint.uri() + path(exchange);
        return URI.create(query == null ? target : target + "?" + query);
    }

    /** What filters have made of it; on the short way there are none. */
    private static String path(ServerWebExchange exchange) {
        URI filtered = exchange.getAttribute(GATEWAY_REQUEST_URL_ATTR);
        return (filtered == null ? exchange.getRequest().getURI() : filtered).getRawPath();
    }
}
