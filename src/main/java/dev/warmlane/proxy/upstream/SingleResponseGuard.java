package dev.warmlane.proxy.upstream;

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
import reactor.netty.NettyPipeline;

/**
 * Lets one response through for each request on a connection to an engine. Reactor Netty takes an interim response (1xx, other
 * than 100) for the response; the response itself then waits on the connection for whoever uses it next, and so one client gets
 * what is another's from there on. Interim responses are left out here, and a connection on which a response comes that nobody
 * asked for is closed. What is no response at all fails as a broken connection does, because it may be what is left of the
 * answer before. One for each connection, used on its event loop only.
 */
final class SingleResponseGuard extends ChannelDuplexHandler {
    private static final String NAME = "warmlane.one-answer-each";

    private boolean asked;
    private boolean interim;
    /** Whether a response ended in this read: what follows it here was sent before anybody could ask for it. */
    private boolean ended;

    /** Takes its place next to the codec. */
    void addTo(ChannelPipeline pipeline) {
        pipeline.addAfter(NettyPipeline.HttpCodec, NAME, this);
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // The promise tells whoever wrote.
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof HttpRequest) {
            asked = true;
        }
        ctx.write(message, promise);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpObject part && part.decoderResult().isFailure()) {
            part.setDecoderResult(DecoderResult.failure(new MalformedResponseException()));
        }
        if (message instanceof HttpResponse response) {
            if (!asked || ended) {
                drop(ctx, message);
                return;
            }
            if (response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
                response.setDecoderResult(DecoderResult.failure(new MalformedResponseException()));
            } else if (response.status().codeClass() == HttpStatusClass.INFORMATIONAL) {
                interim = true;
            }
        }
        if (interim) {
            ReferenceCountUtil.release(message);
            if (message instanceof LastHttpContent) {
                interim = false;
                // Whoever waits for the response has asked for one read, and this was it.
                ctx.read();
            }
            return;
        }
        if (message instanceof LastHttpContent) {
            asked = false;
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
