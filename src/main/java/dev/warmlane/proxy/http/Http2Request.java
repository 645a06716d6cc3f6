package dev.warmlane.proxy.http;

import dev.warmlane.proxy.error.ApiException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.handler.codec.http2.HttpConversionUtil;
import io.netty.handler.codec.http2.HttpConversionUtil.ExtensionHeaderNames;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * Makes a stream of HTTP/2 look like a connection of HTTP/1.1 with one request, so that everything behind reads, limits and
 * refuses it as any other. Engines get HTTP/1.1, so what cannot stand in a request line is refused here. One for each stream.
 */
final class Http2Request extends ChannelDuplexHandler {
    private static final String NAME = "warmlane.http2-request";
    private static final Http2StreamFrameToHttpObjectCodec CODEC = new Http2StreamFrameToHttpObjectCodec(true);

    private final int maxHeaders;
    private boolean answered;

    /** @param maxHeaders of a request, and of its trailers */
    Http2Request(int maxHeaders) {
        this.maxHeaders = maxHeaders;
    }

    /** Takes its place before the codec, where a codec of frames takes that of HTTP/1. */
    void addTo(ChannelPipeline pipeline) {
        pipeline.replace(NettyPipeline.HttpCodec, NettyPipeline.HttpCodec, CODEC);
        pipeline.addBefore(NettyPipeline.HttpCodec, NAME, this);
    }

    /** Netty's codec would lose a buffer with every head that it cannot convert, so it gets none. */
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof Http2HeadersFrame head) {
            try {
                if (head.headers().method() != null) {
                    readHead(ctx, head);
                } else {
                    ctx.fireChannelRead(trailers(head));
                }
            } catch (Http2Exception e) {
                reset(ctx, Http2Error.PROTOCOL_ERROR);
            }
            return;
        }
        boolean unwanted = answered && message instanceof Http2DataFrame data && !data.isEndStream();
        ctx.fireChannelRead(message);
        if (unwanted) {
            reset(ctx, Http2Error.NO_ERROR);
        }
    }

    private void readHead(ChannelHandlerContext ctx, Http2HeadersFrame head) throws Http2Exception {
        ApiException problem = problem(head.headers());
        HttpRequest request = HttpConversionUtil.toHttpRequest(streamId(head), head.headers(), true);
        for (ExtensionHeaderNames extension : ExtensionHeaderNames.values()) {
            request.headers().remove(extension.text());
        }
        if (problem != null) {
            request.setDecoderResult(DecoderResult.failure(problem));
        }
        boolean whole = head.isEndStream();
        if (!whole && !HttpUtil.isContentLengthSet(request)) {
            HttpUtil.setTransferEncodingChunked(request, true);
        }
        ctx.fireChannelRead(request);
        if (whole) {
            ctx.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
        }
    }

    private @Nullable ApiException problem(Http2Headers headers) {
        if (headers.size() > maxHeaders) {
            return RequestFraming.tooManyHeaders(maxHeaders);
        }
        if (!RequestFraming.isMethod(String.valueOf(headers.method()))) {
            // Netty fails over some of them.
            headers.method("GET");
            return ApiException.methodNotAllowed(RequestFraming.METHODS);
        }
        CharSequence target = headers.path();
        for (int i = 0; target != null && i < target.length(); i++) {
            char c = target.charAt(i);
            if (c <= ' ' || c >= 0x7f || c == '#') {
                headers.path("/");
                return RequestFraming.badRequest("target (expected: a URI without fragment)");
            }
        }
        return null;
    }

    private LastHttpContent trailers(Http2HeadersFrame frame) throws Http2Exception {
        LastHttpContent end = new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER);
        ApiException problem = null;
        if (frame.headers().size() > maxHeaders) {
            problem = RequestFraming.tooManyHeaders(maxHeaders);
        } else if (frame.headers().names().stream().anyMatch(RequestFraming::isForbiddenTrailer)) {
            problem = RequestFraming.badRequest("trailers (expected: none that a request is read by)");
        }
        if (problem != null) {
            end.setDecoderResult(DecoderResult.failure(problem));
            return end;
        }
        HttpConversionUtil.addHttp2ToHttpHeaders(
                streamId(frame), frame.headers(), end.trailingHeaders(), HttpVersion.HTTP_1_1, true, true);
        return end;
    }

    private static int streamId(Http2HeadersFrame frame) {
        return frame.stream() == null ? 0 : frame.stream().id();
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // The promise tells whoever wrote.
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof ByteBuf chunk) {
            ctx.write(new DefaultHttp2DataFrame(chunk, false), promise);
        } else if ((message instanceof Http2DataFrame data && data.isEndStream())
                || (message instanceof Http2HeadersFrame head && head.isEndStream())) {
            answered = true;
            // Until the client has ended it, too, the stream is not over; nobody else reads what it still sends.
            ctx.write(message, promise.unvoid()).addListener((ChannelFutureListener)
                    written -> written.channel().config().setAutoRead(true));
        } else {
            ctx.write(message, promise);
        }
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // The promise tells whoever closed.
    public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
        StreamReset.dropWhatWaits(ctx.channel());
        ctx.close(promise);
    }

    /** What was wrong with frames has ended the stream already. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!(cause instanceof Http2Exception)) {
            ctx.fireExceptionCaught(cause);
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // If it cannot be told, it has gone.
    private static void reset(ChannelHandlerContext ctx, Http2Error error) {
        ctx.writeAndFlush(new DefaultHttp2ResetFrame(error));
    }

    /**
     * Resets streams of HTTP/2 by their connection's codec. A stream's own pipeline may only be being made; and Netty, when it closes one, resets
     * none on which both sides have said all, though what the gateway has said may still wait for a client that takes nothing: it would wait
     * for as long as the connection lasts.
     */
    static final class StreamReset {
        private StreamReset() {}

        /** Tells the client why its stream is over. On its event loop; does nothing to a connection. */
        static void write(Channel channel, Http2Error why) {
            write(channel, why, false);
        }

        /** Drops what waits for the client, if anything does, and tells it so. On its event loop; does nothing to a connection. */
        static void dropWhatWaits(Channel channel) {
            write(channel, Http2Error.CANCEL, true);
        }

        @SuppressWarnings("FutureReturnValueIgnored") // Whoever cannot be told has gone.
        private static void write(Channel channel, Http2Error why, boolean onlyIfWaiting) {
            ChannelHandlerContext ctx = channel instanceof Http2StreamChannel
                    ? channel.parent().pipeline().context(Http2FrameCodec.class)
                    : null;
            if (ctx == null) {
                return;
            }
            Http2FrameCodec codec = (Http2FrameCodec) ctx.handler();
            int id = ((Http2StreamChannel) channel).stream().id();
            Http2Stream stream = codec.connection().stream(id);
            boolean waiting = stream != null && codec.encoder().flowController().hasFlowControlled(stream);
            if (waiting || !onlyIfWaiting) {
                codec.encoder().writeRstStream(ctx, id, why.code(), ctx.newPromise());
                ctx.flush();
            }
        }
    }
}
