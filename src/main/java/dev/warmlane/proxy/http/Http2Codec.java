package dev.warmlane.proxy.http;

import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.proxy.error.ErrorJson;
import dev.warmlane.proxy.error.ErrorJson.ErrorFormat;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.function.BiConsumer;
import org.springframework.http.HttpStatus;

/**
 * Netty's codec of HTTP/2, which explains to a client that the headers of its request are too large, as {@link MalformedRequests} does over
 * HTTP/1.1. No other handler sees such a request: of its headers, its path included, nothing is kept. One for each connection, on its event
 * loop only.
 */
final class Http2Codec extends Http2FrameCodec {
    private final BiConsumer<String, ApiException> refused;

    private Http2Codec(
            Http2ConnectionEncoder encoder,
            Http2ConnectionDecoder decoder,
            Http2Settings initialSettings,
            boolean decoupleCloseAndGoAway,
            boolean flushPreface,
            BiConsumer<String, ApiException> refused) {
        super(encoder, decoder, initialSettings, decoupleCloseAndGoAway, flushPreface);
        this.refused = refused;
    }

    /**
     * The stream is reset at once, as nobody reads what else the client sends there, so what its window has no room for it does not get.
     * Netty would reset it after this as if the client had violated the protocol.
     */
    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // Whoever cannot be told has gone.
    protected void handleServerHeaderDecodeSizeError(ChannelHandlerContext ctx, Http2Stream stream) {
        ApiException error = ApiException.ofStatus(HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, null);
        String requestId = RequestIds.random();
        refused.accept(requestId, error);
        byte[] body = ErrorJson.body(error, ErrorFormat.OPENAI, requestId);
        Http2Headers head = new DefaultHttp2Headers()
                .status(String.valueOf(error.status().value()))
                .set("content-type", "application/json")
                .setInt("content-length", body.length)
                .set(RequestIds.HEADER, requestId);
        encoder().writeHeaders(ctx, stream.id(), head, 0, false, ctx.newPromise());
        encoder().writeData(ctx, stream.id(), Unpooled.wrappedBuffer(body), 0, true, ctx.newPromise());
        try {
            encoder().flowController().writePendingBytes();
        } catch (Http2Exception e) {
            // The reset comes anyhow.
        }
        resetStream(ctx, stream.id(), Http2Error.NO_ERROR.code(), ctx.newPromise());
    }

    /** Makes it with what Netty's builder offers. */
    static final class Builder extends Http2FrameCodecBuilder {
        private final BiConsumer<String, ApiException> refused;

        /** @param refused told each refusal, and the id by which the client knows it */
        Builder(BiConsumer<String, ApiException> refused) {
            this.refused = refused;
            server(true);
        }

        @Override
        protected Http2FrameCodec build(
                Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings initialSettings) {
            Http2Codec codec = new Http2Codec(
                    encoder, decoder, initialSettings, decoupleCloseAndGoAway(), flushPreface(), refused);
            codec.gracefulShutdownTimeoutMillis(gracefulShutdownTimeoutMillis());
            return codec;
        }
    }
}
