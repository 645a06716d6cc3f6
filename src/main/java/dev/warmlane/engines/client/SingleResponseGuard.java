package dev.warmlane.engines.client;

import dev.warmlane.engines.client.EngineFailure.RefusedResponse;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * Passes exactly one response for each request on a connection to an engine. Reactor Netty takes an interim response (1xx,
 * other than 100) for the response; the real one would then wait on the connection for its next user, and from there on each
 * client would get what is another's. So interim responses are dropped, and a connection is closed when a response comes that
 * nobody asked for. What is no response at all fails the exchange as a broken connection does, since it may be the rest of the
 * response before; so do interim responses without end, and a response with more headers than may be, before anybody looks for
 * one of them: names of one hash are slow to find. One for each connection, used on its event loop only.
 */
final class SingleResponseGuard extends ChannelDuplexHandler {
    private static final String NAME = "warmlane.single-response";

    /** Interim responses to one request. Engines send none, proxies in front of them one or two. */
    private static final int MAX_INTERIM = 16;

    private static final int MIN_STATUS = 100;
    private static final int MAX_STATUS = 599;

    private final int maxHeaders;
    private boolean requested;
    private boolean upgrading;
    private int headers;
    private int interims;
    private boolean interim;
    /** Whether a response ended in this read: what follows it in the same read was sent before anybody could ask for it. */
    private boolean ended;

    /** @param maxHeaders of a response, with its trailers */
    SingleResponseGuard(int maxHeaders) {
        this.maxHeaders = maxHeaders;
    }

    /** Takes its place next to the codec. */
    void addTo(ChannelPipeline pipeline) {
        pipeline.addAfter(NettyPipeline.HttpCodec, NAME, this);
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // The promise tells whoever wrote.
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof HttpRequest request) {
            requested = true;
            upgrading = request.headers().contains(HttpHeaderNames.UPGRADE);
            interims = 0;
        }
        ctx.write(message, promise);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpObject part && part.decoderResult().isFailure()) {
            fail(
                    part,
                    part.decoderResult().cause() instanceof TooLongFrameException
                            ? RefusedResponse.tooLarge("response headers too large")
                            : RefusedResponse.notHttp("not HTTP"));
        }
        if (message instanceof HttpResponse response) {
            if (!requested || ended) {
                drop(ctx, message);
                return;
            }
            RefusedResponse problem = problem(response);
            if (problem != null) {
                fail(response, problem);
            } else if (isInterim(response)) {
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
        if (message instanceof LastHttpContent end) {
            if (headers + end.trailingHeaders().size() > maxHeaders) {
                fail(end, RefusedResponse.tooLarge("too many response headers"));
            }
            requested = false;
            ended = true;
        }
        ctx.fireChannelRead(message);
    }

    private static boolean isInterim(HttpResponse response) {
        return response.status().codeClass() == HttpStatusClass.INFORMATIONAL
                && !response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS);
    }

    private @Nullable RefusedResponse problem(HttpResponse response) {
        int status = response.status().code();
        headers = response.headers().size();
        if (headers > maxHeaders) {
            return RefusedResponse.tooLarge("too many response headers");
        }
        if (response.decoderResult().isFailure()) {
            // Netty's stand-in for what could not be read has a status of Netty's own.
            return null;
        }
        if (!response.protocolVersion().text().startsWith("HTTP/1.")) {
            return RefusedResponse.notHttp("another version of HTTP");
        }
        if (status < MIN_STATUS || status > MAX_STATUS) {
            return RefusedResponse.notHttp("HTTP status " + status);
        }
        if (status == HttpResponseStatus.SWITCHING_PROTOCOLS.code() && !upgrading) {
            return RefusedResponse.notHttp("an upgrade that nobody asked for");
        }
        String coding = response.headers().get(HttpHeaderNames.TRANSFER_ENCODING);
        if (coding != null && !HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(coding)) {
            // Its content would pass as it is, without the name of its coding.
            return RefusedResponse.notHttp("a transfer coding that nobody asked for");
        }
        if (isInterim(response) && ++interims > MAX_INTERIM) {
            return RefusedResponse.notHttp("too many interim responses");
        }
        return null;
    }

    private static void fail(HttpObject part, RefusedResponse why) {
        part.setDecoderResult(DecoderResult.failure(why));
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ended = false;
        ctx.fireChannelReadComplete();
    }

    /**
     * Where TLS is cut off, without the engine's word that nothing more comes, a response that only the end of the connection ends
     * may lack a part (RFC 9112, section 9.8). Netty's codec, which hears of that end after this, would take it for whole.
     */
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (requested && event instanceof SslCloseCompletionEvent tlsEnd && !tlsEnd.isSuccess()) {
            ctx.fireExceptionCaught(new ClosedChannelException());
        }
        ctx.fireUserEventTriggered(event);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // Closed or broken, the connection is over.
    private static void drop(ChannelHandlerContext ctx, Object message) {
        ReferenceCountUtil.release(message);
        ctx.close();
    }
}
