package dev.warmlane.proxy;

import dev.warmlane.proxy.body.BufferedBody.BodyBudget;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
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
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Netty's decoder of frames, which keeps a frame until all of it is there, with a count of what it keeps and hands on: whoever
 * sends most of a frame and no more costs memory as well. Where the budget has no more, the connection is closed. One for each
 * connection, used on its event loop only.
 */
final class WebSocketFrames extends WebSocket13FrameDecoder {
    private final FramesUnderWay underWay;
    private final WebSocketCloseStatus whereRefused;
    private final Duration farewell;
    /** Of a frame that is not complete. */
    private int part;

    private boolean refused;

    private WebSocketFrames(
            WebSocketDecoderConfig config,
            FramesUnderWay underWay,
            WebSocketCloseStatus whereRefused,
            Duration farewell) {
        super(config);
        this.underWay = underWay;
        this.whereRefused = whereRefused;
        this.farewell = farewell;
    }

    /**
     * Takes the place of Netty's, on the connection's event loop.
     *
     * @param masked whether frames are those of a client
     * @param underWay is told of all that comes
     * @param whereRefused what is said where no memory is left
     * @param farewell how long saying it may take
     */
    static void replaceIn(
            ChannelPipeline pipeline,
            int maxFrameBytes,
            boolean masked,
            FramesUnderWay underWay,
            WebSocketCloseStatus whereRefused,
            Duration farewell) {
        WebSocketDecoderConfig config = WebSocketDecoderConfig.newBuilder()
                .maxFramePayloadLength(maxFrameBytes)
                .expectMaskedFrames(masked)
                .build();
        pipeline.toMap().forEach((name, handler) -> {
            if (handler instanceof WebSocketFrameDecoder) {
                pipeline.replace(name, name, new WebSocketFrames(config, underWay, whereRefused, farewell));
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

    /** From the end of the pipeline, as frames are encoded behind this in an engine's. */
    @SuppressWarnings("FutureReturnValueIgnored") // Closed or broken, the connection is over.
    private void refuse(ChannelHandlerContext ctx) {
        Channel channel = ctx.channel();
        channel.writeAndFlush(new CloseWebSocketFrame(whereRefused)).addListener(ChannelFutureListener.CLOSE);
        channel.eventLoop().schedule(() -> channel.close(), farewell.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) {
        forgetPart();
    }

    private void forgetPart() {
        underWay.passed(part);
        part = 0;
    }

    /**
     * What one side of a WebSocket has sent of frames and the other has not taken yet, counted with the bodies of requests: whoever reads
     * nothing costs memory as well as a frame that does not come to its end. One for each direction. Safe for concurrent use.
     */
    static final class FramesUnderWay {
        private final BodyBudget budget;
        private int bytes;
        private boolean refused;
        private boolean over;

        FramesUnderWay(BodyBudget budget) {
            this.budget = budget;
        }

        /** So many bytes more are here. Returns false, and counts none, where no memory is left for them. */
        synchronized boolean take(int more) {
            if (over) {
                // They are dropped, or go with the connection.
                return true;
            }
            if (!budget.reserve(more)) {
                refused = true;
                return false;
            }
            bytes += more;
            return true;
        }

        /** Whether no memory was left for some of it. */
        synchronized boolean isRefused() {
            return refused;
        }

        /** So many of them are no longer here. */
        synchronized void passed(int gone) {
            int counted = Math.min(gone, bytes);
            bytes -= counted;
            budget.release(counted);
        }

        /** The WebSocket is over, and nothing of it is here. */
        synchronized void end() {
            over = true;
            passed(bytes);
        }
    }
}
