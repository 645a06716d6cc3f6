package dev.warmlane.proxy.http;

import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.error.ErrorJson;
import dev.warmlane.proxy.error.ErrorJson.ErrorFormat;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.ReferenceCountUtil;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import reactor.netty.NettyPipeline;

/**
 * Keeps malformed requests from the filters and gives them the errors that all others get: Netty answers what is not HTTP and
 * Spring what is not a URI, both with a bare status. What {@link RequestFraming} refuses takes Netty's way, after which the
 * connection is closed and nothing that follows on it is served. One for each connection.
 */
final class MalformedRequests extends ChannelDuplexHandler {
    private static final String NAME = "warmlane.malformed-requests";

    /** A target that is a URI and that {@link PublicPort} refuses, whatever the routes are. */
    private static final String NOWHERE = "/%2F";

    private final BiConsumer<String, ApiException> refused;
    private @Nullable ApiException refusal;
    private String path = "";

    /** @param refused told each refusal, and the id by which the client knows it */
    MalformedRequests(BiConsumer<String, ApiException> refused) {
        this.refused = refused;
    }

    /** Takes its place next to the codec. */
    void addTo(ChannelPipeline pipeline) {
        pipeline.addAfter(NettyPipeline.HttpCodec, NAME, this);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpRequest request) {
            path = pathOf(request.uri());
            check(request);
        }
        ctx.fireChannelRead(message);
    }

    private void check(HttpRequest request) {
        if (request.decoderResult().cause() instanceof ApiException problem) {
            refusal = problem;
        } else if (request.decoderResult().isSuccess()) {
            ApiException problem = RequestFraming.refusal(request);
            if (problem != null) {
                refusal = problem;
                request.setDecoderResult(DecoderResult.failure(problem));
            } else if (path.equals("*")) {
                request.setUri(PublicPort.ALL_PATHS);
            } else if (!PublicPort.isPlain(path)
                    && PublicPort.withoutTrailingSlash(path) == null
                    && !PublicPort.isModel(path)) {
                request.setUri(NOWHERE);
            } else {
                checkQuery(request);
            }
        }
    }

    private void checkQuery(HttpRequest request) {
        String target = request.uri();
        String uri = RawQuery.inUri(target);
        if (uri == null) {
            refusal = RequestFraming.badRequest("query (expected: visible ASCII and no fragment)");
            request.setDecoderResult(DecoderResult.failure(refusal));
        } else if (!uri.equals(target)) {
            request.setUri(uri);
        }
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // The promise tells whoever wrote.
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof FullHttpResponse response && isBareError(response)) {
            ctx.write(explained(response), promise);
        } else {
            ctx.write(message, promise);
        }
    }

    /** The path of a request target, which may be a whole URL (RFC 9112, section 3.2). */
    static String pathOf(String target) {
        int query = target.indexOf('?');
        String beforeQuery = query < 0 ? target : target.substring(0, query);
        int authority = beforeQuery.startsWith("/") ? -1 : beforeQuery.indexOf("://");
        if (authority < 0) {
            return beforeQuery;
        }
        int path = beforeQuery.indexOf('/', authority + 3);
        return path < 0 ? "/" : beforeQuery.substring(path);
    }

    /** Every error of ours or of an engine bears an id. */
    private static boolean isBareError(FullHttpResponse response) {
        return response.status().code() >= 400
                && !response.content().isReadable()
                && !response.headers().contains(RequestIds.HEADER);
    }

    private FullHttpResponse explained(FullHttpResponse bare) {
        ApiException error = refusal == null
                ? ApiException.ofStatus(HttpStatus.valueOf(bare.status().code()), null)
                : refusal;
        String requestId = RequestIds.random();
        refused.accept(requestId, error);
        byte[] body = ErrorJson.body(error, ErrorFormat.ofPath(path), requestId);
        FullHttpResponse response = new DefaultFullHttpResponse(
                bare.protocolVersion(),
                HttpResponseStatus.valueOf(error.status().value()),
                Unpooled.wrappedBuffer(body),
                bare.headers(),
                bare.trailingHeaders());
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
                .setInt(HttpHeaderNames.CONTENT_LENGTH, body.length)
                .set(RequestIds.HEADER, requestId);
        error.headers().forEach(response.headers()::set);
        ReferenceCountUtil.release(bare);
        return response;
    }
}
