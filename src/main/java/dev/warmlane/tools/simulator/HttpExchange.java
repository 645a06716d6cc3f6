package dev.warmlane.tools.simulator;

import dev.warmlane.tools.Json;
import dev.warmlane.tools.simulator.ServerOptions.VllmVersion;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** One request and its response, which the {@link Route} of its path writes. Every method is called on the connection's event loop. */
@SuppressWarnings("FutureReturnValueIgnored") // A failed write closes the connection, and the close ends the exchange.
final class HttpExchange {
    static final String REQUEST_ID = "X-Request-Id";

    private static final String JSON = "application/json";
    private static final String EVENT_STREAM = "text/event-stream; charset=utf-8";

    private final Channel channel;
    private final String method;
    private final QueryStringDecoder target;
    private final byte[] body;
    private final boolean keepAlive;
    private final HttpHeaders headers;
    private final FullHttpRequest request;
    private @Nullable Runnable onEnd;
    private boolean open = true;
    private boolean complete;

    HttpExchange(Channel channel, FullHttpRequest request) {
        this.channel = channel;
        this.method = request.method().name();
        this.target = new QueryStringDecoder(request.uri());
        this.body = ByteBufUtil.getBytes(request.content());
        this.keepAlive = HttpUtil.isKeepAlive(request);
        this.headers = request.headers();
        this.request = new DefaultFullHttpRequest(request.protocolVersion(), request.method(), request.uri());
        this.request.headers().set(headers);
    }

    String method() {
        return method;
    }

    String path() {
        return target.path();
    }

    /** The values that the query gives this name. */
    List<String> query(String name) {
        return target.parameters().getOrDefault(name, List.of());
    }

    /**
     * The body.
     *
     * @throws ApiException unless it is a JSON object
     */
    JsonNode json() {
        return json(body);
    }

    /** @throws ApiException unless the bytes are a JSON object */
    static JsonNode json(byte[] body) {
        try {
            JsonNode node = JsonMapper.shared().readTree(body);
            if (node != null && node.isObject()) {
                return node;
            }
        } catch (JacksonException e) {
            // vLLM says the same of both: bytes that are no JSON, and JSON that is no object.
        }
        throw ApiException.notJson();
    }

    /** Null where the request has no such header. */
    @Nullable
    String header(String name) {
        return headers.get(name);
    }

    /** The server's address. */
    InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    /** Whether the response is still incomplete and the client still there. */
    boolean isOpen() {
        return open;
    }

    /** Whether the whole response was sent. */
    boolean isComplete() {
        return complete;
    }

    /** Runs once when the response is complete or the client has left, after what was set to run before it. */
    void onEnd(Runnable action) {
        Runnable earlier = onEnd;
        onEnd = earlier == null
                ? action
                : () -> {
                    earlier.run();
                    action.run();
                };
    }

    /** Responds with a JSON text. */
    void reply(int status, String json) {
        reply(status, JSON, json);
    }

    /** Responds as vLLM refuses requests. */
    void reply(ApiException refusal, VllmVersion version) {
        reply(refusal.status(), JSON, refusal.body(version));
    }

    void reply(int status, String contentType, String text) {
        DefaultFullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), Unpooled.wrappedBuffer(utf8(text)));
        response.headers()
                .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
        addHeaders(response, contentType);
        complete(channel.writeAndFlush(response));
    }

    /** Sends the headers of a streamed response. */
    void beginStream() {
        DefaultHttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        addHeaders(response, EVENT_STREAM);
        write(response);
    }

    void chunk(String text) {
        if (open && !text.isEmpty()) {
            write(new DefaultHttpContent(Unpooled.wrappedBuffer(utf8(text))));
        }
    }

    void endStream() {
        if (open) {
            complete(channel.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT));
        }
    }

    /**
     * Goes on as a WebSocket, or responds 404 as FastAPI does if the request does not ask for one. Complete when the connection
     * closes.
     *
     * @param handler takes the frames, each message whole
     */
    void upgrade(int maxFrameBytes, ChannelHandler handler) {
        WebSocketServerHandshaker handshaker =
                HttpHeaderValues.WEBSOCKET.contentEqualsIgnoreCase(String.valueOf(header("Upgrade")))
                        ? new WebSocketServerHandshakerFactory(null, null, false, maxFrameBytes).newHandshaker(request)
                        : null;
        if (handshaker == null) {
            reply(404, "{\"detail\":\"Not Found\"}");
            return;
        }
        handshaker.handshake(channel, request).addListener(done -> {
            if (done.isSuccess()) {
                channel.pipeline().addLast(new WebSocketFrameAggregator(maxFrameBytes), handler);
            }
        });
    }

    /** A WebSocket was closed as it should be. */
    void upgradeEnded() {
        complete = true;
        end();
    }

    /** Breaks the connection with a TCP reset. */
    void reset() {
        channel.config().setOption(ChannelOption.SO_LINGER, 0);
        channel.close();
    }

    private void write(Object part) {
        channel.writeAndFlush(part, channel.voidPromise());
    }

    private void complete(ChannelFuture written) {
        if (!keepAlive) {
            written.addListener(ChannelFutureListener.CLOSE);
        }
        complete = true;
        end();
    }

    /** The response is complete, or the connection is gone. */
    void end() {
        if (!open) {
            return;
        }
        open = false;
        if (onEnd != null) {
            onEnd.run();
        }
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void addHeaders(HttpResponse response, String contentType) {
        response.headers().set(HttpHeaderNames.SERVER, "uvicorn").set(HttpHeaderNames.CONTENT_TYPE, contentType);
        String requestId = header(REQUEST_ID);
        if (requestId != null) {
            response.headers().set(REQUEST_ID, requestId);
        }
        if (!keepAlive) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
    }

    /**
     * What a path does.
     *
     * @param method the one method it allows
     * @param handler answers the exchange, now or later; may throw {@link ApiException}
     */
    record Route(String method, Consumer<HttpExchange> handler) {
        static Route get(Consumer<HttpExchange> handler) {
            return new Route("GET", handler);
        }

        /** A page of JSON. */
        static Route page(Supplier<Json> page) {
            return get(exchange -> exchange.reply(200, page.get().toString()));
        }

        static Route post(Consumer<HttpExchange> handler) {
            return new Route("POST", handler);
        }

        /** Lets the route of the exchange's path respond, or gives FastAPI's error if there is none. */
        static void dispatch(Map<String, Route> routes, HttpExchange exchange, VllmVersion version) {
            Route route = routes.get(exchange.path());
            if (route == null) {
                exchange.reply(404, "{\"detail\":\"Not Found\"}");
            } else if (!route.method.equals(exchange.method())) {
                exchange.reply(405, "{\"detail\":\"Method Not Allowed\"}");
            } else {
                try {
                    route.handler.accept(exchange);
                } catch (ApiException e) {
                    exchange.reply(e, version);
                }
            }
        }
    }
}
