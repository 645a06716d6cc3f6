package dev.warmlane.engines.client;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import reactor.netty.NettyPipeline;

/**
 * Passes exactly one response for each request on a connection to an engine. Reactor Netty takes an interim response (1xx,
 * other than 100) for the response; the real one would then wait on the connection for its next user, and from there on each
 * client would get what is another's. So interim responses are dropped, and a connection is closed when a response comes that
 * nobody asked for. What is no response at all fails the exchange as a broken connection does, since it may be the rest of the
 * response before. One for each connection, used on its event loop only.
 */
final class SingleResponseGuard extends ChannelDuplexHandler {
    private static final String NAME = "warmlane.single-response";

    private boolean requested;
    private boolean interim;
    /** Whether a response ended in this read: what follows it in the same read was sent before anybody could ask for it. */
    private boolean ended;

    /** What an engine sent is no HTTP response, or none that was asked for. A signal, so without a stack trace. */
    static final class NotHttpException extends IOException {
        private static final long serialVersionUID = 1L;

        NotHttpException() {
            super("not HTTP");
        }

        @Override
        public synchronized Throwable fillInStackTrace() {
            return this;
        }
    }

    /** Takes its place next to the codec. */
    void addTo(ChannelPipeline pipeline) {
        pipeline.addAfter(NettyPipeline.HttpCodec, NAME, this);
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // The promise tells whoever wrote.
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof HttpRequest) {
            requested = true;
        }
        ctx.write(message, promise);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpObject part && part.decoderResult().isFailure()) {
            part.setDecoderResult(DecoderResult.failure(new NotHttpException()));
        }
        if (message instanceof HttpResponse response) {
            if (!requested || ended) {
                drop(ctx, message);
                return;
            }
            if (response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
                response.setDecoderResult(DecoderResult.failure(new NotHttpException()));
            } else if (response.status().codeClass() == HttpStatusClass.INFORMATIONAL) {
                interim = true;
            }
        }
        if (interim) {
            ReferenceCountUtil.release(message);
            if (message instanceof LastHttpContent) {
                interim = false;
                // Whoever waits for the response has requested one read, and this was it.
                ctx.read();
            }
            return;
        }
        if (message instanceof LastHttpContent) {
            requested = false;
            ended = true;
        }
        ctx.fireChannelRead(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ended = false;
        ctx.fireChannelReadComplete();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // Closed or broken, the connection is over.
    private static void drop(ChannelHandlerContext ctx, Object message) {
        ReferenceCountUtil.release(message);
        ctx.close();
    }
}
