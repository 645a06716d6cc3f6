package dev.warmlane.proxy.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.concurrent.Future;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads the heads of a client's frames on their way to Netty's codec, for what that puts up with: headers on a stream that the
 * client has ended, or on a lower one than before, which another server may take for another request (RFC 9113, section 5.1); and
 * headers, settings and other small frames that do not come to their end. Bodies are timed where they are read. One for each
 * connection, on its event loop only.
 */
final class Http2Frames extends ChannelInboundHandlerAdapter {
    private static final int NONE = -1;

    private final Http2FrameCodec codec;
    private final long timeoutNanos;
    private final int mostOpen;

    /** Streams of the client's on which it may still send. */
    private final IntObjectHashMap<Boolean> open = new IntObjectHashMap<>();

    private final byte[] head = new byte[Http2CodecUtil.FRAME_HEADER_LENGTH];
    private int headBytes;

    /** What is left of the frame that is being read; at first the preface, which comes before all frames. */
    private int payloadLeft = Http2CodecUtil.connectionPrefaceBuf().readableBytes();

    private int type = NONE;
    private boolean settingsSeen;
    private boolean inHeaders;
    private int lastStream;
    private boolean broken;
    private @Nullable Future<?> timer;

    /**
     * @param timeoutNanos what the client may take for the headers of a request, or any other frame but a body's
     * @param mostOpen streams that the codec lets be open at a time
     */
    Http2Frames(Http2FrameCodec codec, long timeoutNanos, int mostOpen) {
        this.codec = codec;
        this.timeoutNanos = timeoutNanos;
        this.mostOpen = mostOpen;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        awaitRest(ctx);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        restIsHere();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (broken || !(message instanceof ByteBuf bytes)) {
            pass(ctx, message);
            return;
        }
        int at = bytes.readerIndex();
        while (at < bytes.writerIndex()) {
            if (payloadLeft > 0) {
                int read = Math.min(payloadLeft, bytes.writerIndex() - at);
                payloadLeft -= read;
                at += read;
            } else {
                head[headBytes++] = bytes.getByte(at++);
                if (headBytes < head.length) {
                    continue;
                }
                headBytes = 0;
                if (isMisplaced()) {
                    bytes.writerIndex(Math.max(bytes.readerIndex(), at - head.length));
                    ctx.fireChannelRead(bytes);
                    fail(ctx, Http2Error.STREAM_CLOSED, "headers on a stream that is over");
                    return;
                }
            }
            if (payloadLeft == 0) {
                frameIsHere();
            }
        }
        ctx.fireChannelRead(message);
    }

    private void pass(ChannelHandlerContext ctx, Object message) {
        if (broken && message instanceof ByteBuf bytes) {
            bytes.release();
        } else {
            ctx.fireChannelRead(message);
        }
    }

    /** Takes in the head of a frame. Whether it has headers for a stream that may have none any more. */
    private boolean isMisplaced() {
        ByteBuffer fields = ByteBuffer.wrap(head);
        payloadLeft = fields.getInt(0) >>> 8;
        type = head[3];
        int stream = fields.getInt(5) & Integer.MAX_VALUE;
        Http2Flags flags = new Http2Flags(head[4]);
        switch (type) {
            case Http2FrameTypes.HEADERS -> {
                if (stream <= lastStream && !open.containsKey(stream)) {
                    return true;
                }
                lastStream = Math.max(lastStream, stream);
                inHeaders = !flags.endOfHeaders();
                follow(stream, flags);
            }
            case Http2FrameTypes.CONTINUATION -> inHeaders &= !flags.endOfHeaders();
            case Http2FrameTypes.DATA -> {
                if (flags.endOfStream()) {
                    open.remove(stream);
                }
            }
            case Http2FrameTypes.RST_STREAM -> open.remove(stream);
            case Http2FrameTypes.SETTINGS -> settingsSeen = true;
            default -> {}
        }
        return false;
    }

    private void follow(int stream, Http2Flags flags) {
        if (flags.endOfStream()) {
            open.remove(stream);
            return;
        }
        open.put(stream, Boolean.TRUE);
        if (open.size() > 2 * mostOpen) {
            // The gateway has ended many of them, and the client does not care.
            open.keySet().removeIf(known -> known != stream && codec.connection().stream(known) == null);
        }
    }

    private void frameIsHere() {
        if (!inHeaders && settingsSeen) {
            restIsHere();
        }
        type = NONE;
    }

    /** Whether the client owes the rest of something that it should have sent at once. */
    private boolean isOwed() {
        boolean inFrame = headBytes > 0 || (payloadLeft > 0 && type != Http2FrameTypes.DATA);
        return inFrame || inHeaders || !settingsSeen;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (timer == null && isOwed()) {
            awaitRest(ctx);
        }
        ctx.fireChannelReadComplete();
    }

    private void awaitRest(ChannelHandlerContext ctx) {
        timer = ctx.executor()
                .schedule(
                        () -> fail(ctx, Http2Error.ENHANCE_YOUR_CALM, "a frame that takes too long"),
                        timeoutNanos,
                        TimeUnit.NANOSECONDS);
    }

    private void restIsHere() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private void fail(ChannelHandlerContext ctx, Http2Error error, String why) {
        broken = true;
        restIsHere();
        ChannelHandlerContext of = ctx.pipeline().context(codec);
        codec.onError(of, false, Http2Exception.connectionError(error, why));
    }
}
