package dev.warmlane.proxy;

import dev.warmlane.proxy.body.BufferedBody.BodyBudget;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrameDecoder;
import java.util.List;

/**
 * Reads a client's frames as Netty does, which keeps a frame until all of it is there, and counts what it keeps with the bodies of
 * requests: clients that send most of a frame and no more cost memory as well. Where none is left the WebSocket is closed (1013).
 * One for each connection, used on its event loop only.
 */
final class WebSocketFrames extends WebSocket13FrameDecoder {
    private static final WebSocketCloseStatus NO_MEMORY =
            new WebSocketCloseStatus(WebSocketCloseStatus.TRY_AGAIN_LATER.code(), "too many frames under way");

    private final BodyBudget budget;
    private int held;
    private boolean refused;

    private WebSocketFrames(int maxFrameBytes, BodyBudget budget) {
        super(WebSocketDecoderConfig.newBuilder()
                .maxFramePayloadLength(maxFrameBytes)
                .build());
        this.budget = budget;
    }

    /** Takes the place of Netty's, on the connection's event loop. */
    static void replaceIn(ChannelPipeline pipeline, int maxFrameBytes, BodyBudget budget) {
        pipeline.toMap().forEach((name, handler) -> {
            if (handler instanceof WebSocketFrameDecoder) {
                pipeline.replace(name, name, new WebSocketFrames(maxFrameBytes, budget));
            }
        });
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
        if (refused) {
            in.skipBytes(in.readableBytes());
            return;
        }
        int before = out.size();
        super.decode(ctx, in, out);
        int part = out.size() == before ? in.readableBytes() : 0;
        if (part < held) {
            budget.release(held - part);
            held = part;
        } else if (part > held && budget.reserve(part - held)) {
            held = part;
        } else if (part > held) {
            refused = true;
            in.skipBytes(part);
            giveBack();
            refuse(ctx);
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // Closed or broken, the connection is over.
    private static void refuse(ChannelHandlerContext ctx) {
        ctx.writeAndFlush(new CloseWebSocketFrame(NO_MEMORY)).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) {
        giveBack();
    }

    private void giveBack() {
        budget.release(held);
        held = 0;
    }
}
