package dev.warmlane.tools.simulator;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.timeout.IdleStateEvent;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection: hands over its requests one after the other and notices when the client leaves. A second request before the
 * first is answered closes the connection; no client of vLLM pipelines.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Nobody waits for a close.
final class HttpConnection extends SimpleChannelInboundHandler<FullHttpRequest> {
    private final Consumer<HttpExchange> handler;
    private @Nullable HttpExchange current;

    HttpConnection(Consumer<HttpExchange> handler) {
        this.handler = handler;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
        if (isBusy() || request.decoderResult().isFailure()) {
            context.close();
            return;
        }
        current = new HttpExchange(context.channel(), request);
        handler.accept(current);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (current != null) {
            current.clientLeft();
        }
        context.fireChannelInactive();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof IdleStateEvent && !isBusy()) {
            context.close();
        }
    }

    /** A connection that breaks concerns nobody but its request, which hears of it by the close. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }

    private boolean isBusy() {
        return current != null && current.isOpen();
    }
}
