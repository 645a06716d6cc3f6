package dev.warmlane.proxy.http;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.ssl.SslHandler;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import org.jspecify.annotations.Nullable;

/** Whether a request is on its way on a connection of a client on which none is under way, as far as can be seen. */
enum Arrival {
    /** Nothing says so. */
    NONE,

    /** The connection has had no request yet, and nobody opens one for nothing. */
    EXPECTED,

    /** A TLS handshake, or the head of a request, has come in part; each has a limit of its own. */
    BEGUN;

    /** On the connection's event loop. */
    static Arrival on(Channel channel) {
        if (HandshakeTurns.holds(channel.pipeline())
                || handshakes(channel.pipeline().get(SslHandler.class))) {
            return BEGUN;
        }
        if (channel.pipeline().get(Http2FrameCodec.class) != null) {
            return LastResponse.isTold(channel) ? NONE : EXPECTED;
        }
        RequestWatch watch = channel.pipeline().get(RequestWatch.class);
        if (watch == null) {
            return NONE;
        }
        if (watch.awaitsRest()) {
            return BEGUN;
        }
        return watch.hadRequest() ? NONE : EXPECTED;
    }

    private static boolean handshakes(@Nullable SslHandler tls) {
        return tls != null
                && !tls.handshakeFuture().isDone()
                && tls.engine().getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING;
    }
}
