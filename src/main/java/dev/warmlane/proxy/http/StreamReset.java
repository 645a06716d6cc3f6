package dev.warmlane.proxy.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamChannel;

/**
 * Resets streams of HTTP/2 by their connection's codec. A stream's own pipeline may only be being made; and Netty, when it closes one, resets
 * none on which both sides have said all, though what the gateway has said may still wait for a client that takes nothing: it would wait
 * for as long as the connection lasts.
 */
final class StreamReset {
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
