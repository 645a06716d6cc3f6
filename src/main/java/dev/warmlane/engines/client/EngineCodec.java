package dev.warmlane.engines.client;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpStatusClass;
import java.util.List;

/**
 * HTTP/1.1 with an engine, one request after the other. As Netty's {@code HttpClientCodec}, whose encoder is its own business, but a small
 * request goes out in one buffer. One for each connection.
 */
final class EngineCodec extends CombinedChannelDuplexHandler<HttpResponseDecoder, HttpRequestEncoder> {
    /** What most heads take; those that take more have the buffer grow. */
    private static final int HEAD_BYTES = 512;

    /** Whether the request was HEAD, whose response has no body, whatever its headers say. */
    private boolean head;

    EngineCodec(HttpDecoderConfig config) {
        init(new Decoder(config), new Encoder());
    }

    private final class Decoder extends HttpResponseDecoder {
        Decoder(HttpDecoderConfig config) {
            super(config);
        }

        @Override
        protected boolean isContentAlwaysEmpty(HttpMessage message) {
            boolean last = message instanceof HttpResponse response
                    && response.status().codeClass() != HttpStatusClass.INFORMATIONAL;
            return (last && head) || super.isContentAlwaysEmpty(message);
        }
    }

    private final class Encoder extends HttpRequestEncoder {
        @Override
        protected void encode(ChannelHandlerContext ctx, Object message, List<Object> out) throws Exception {
            if (message instanceof HttpRequest request) {
                head = HttpMethod.HEAD.equals(request.method());
            }
            if (message instanceof FullHttpRequest whole && isBetterCopied(whole)) {
                out.add(inOneBuffer(ctx.alloc(), whole));
            } else {
                super.encode(ctx, message, out);
                SmallPieces.join(ctx.alloc(), out);
            }
        }

        /** The channel copies what is on the heap anyhow. */
        private static boolean isBetterCopied(FullHttpRequest request) {
            return (SmallPieces.isSmall(request.content()) || request.content().hasArray())
                    && request.headers().contains(HttpHeaderNames.CONTENT_LENGTH);
        }

        private ByteBuf inOneBuffer(ByteBufAllocator allocator, FullHttpRequest request) throws Exception {
            ByteBuf all = allocator.directBuffer(HEAD_BYTES + request.content().readableBytes());
            boolean written = false;
            try {
                encodeInitialLine(all, request);
                encodeHeaders(request.headers(), all);
                ByteBufUtil.writeShortBE(all, SmallPieces.CRLF);
                all.writeBytes(request.content());
                written = true;
                return all;
            } finally {
                request.release();
                if (!written) {
                    all.release();
                }
            }
        }

        @Override
        protected void encodeHeaders(HttpHeaders headers, ByteBuf to) {
            SmallPieces.writeHeaders(headers, to);
        }
    }
}
