package dev.warmlane.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrameDecoder;
import io.netty.util.ReferenceCountUtil;
import java.util.List;

/**
 * Reads a client's frames as Netty does, which keeps a frame until all of it is there, and counts what it keeps and hands on: clients that
 * send most of a frame and no more cost memory as well. Where none is left the WebSocket is closed (1013). One for each connection, used
 * on its event loop only.
 */
final class WebSocketFrames extends WebSocket13FrameDecoder {
    private static final WebSocketCloseStatus NO_MEMORY =
            new WebSocketCloseStatus(WebSocketCloseStatus.TRY_AGAIN_LATER.code(), "too many frames under way");

    private final FramesUnderWay underWay;
    /** Of a frame that is not complete. */
    private int part;

    private boolean refused;

    private WebSocketFrames(int maxFrameBytes, FramesUnderWay underWay) {
        super(WebSocketDecoderConfig.newBuilder()
                .maxFramePayloadLength(maxFrameBytes)
                .build());
        this.underWay = underWay;
    }

    /** Takes the place of Netty's, on the connection's event loop. */
    static void replaceIn(ChannelPipeline pipeline, int maxFrameBytes, FramesUnderWay underWay) {
        pipeline.toMap().forEach((name, handler) -> {
            if (handler instanceof WebSocketFrameDecoder) {
                pipeline.replace(name, name, new WebSocketFrames(maxFrameBytes, underWay));
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
        int partNow = out.size() == before ? in.readableBytes() : 0;
        int more = partNow + wholeSince(before, out) - part;
        if (more <= 0) {
            underWay.passed(-more);
            part = partNow;
        } else if (underWay.take(more)) {
            part = partNow;
        } else {
            refused = true;
            in.skipBytes(in.readableBytes());
            while (out.size() > before) {
                ReferenceCountUtil.release(out.remove(before));
            }
            forgetPart();
            refuse(ctx);
        }
    }

    private static int wholeSince(int before, List<Object> out) {
        int bytes = 0;
        for (int i = before; i < out.size(); i++) {
            bytes += ((WebSocketFrame) out.get(i)).content().readableBytes();
        }
        return bytes;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // Closed or broken, the connection is over.
    private static void refuse(ChannelHandlerContext ctx) {
        ctx.writeAndFlush(new CloseWebSocketFrame(NO_MEMORY)).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) {
        forgetPart();
    }

    private void forgetPart() {
        underWay.passed(part);
        part = 0;
    }
}
