package dev.warmlane.proxy.http;

import dev.warmlane.proxy.http.Http2Request.StreamReset;
import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.netty.DisposableServer;
import reactor.netty.channel.ChannelOperations;
import reactor.netty.http.server.HttpServer;

/**
 * The connections of clients to the public port, and their end in three steps: each closes after its next response; no new ones;
 * none at all. Costs a request nothing before the first of them. Safe for concurrent use; steps never go back.
 */
public final class ClientConnections {
    private enum Step {
        OPEN,
        CLOSING_AFTER_RESPONSES,
        NOT_ACCEPTING
    }

    /** Between two looks at a connection on which a request may be on its way. */
    private static final long LOOK_MILLIS = 20;

    private final ChannelGroup channels = new DefaultChannelGroup("clients", GlobalEventExecutor.INSTANCE);
    private final LastResponse lastResponse = new LastResponse();
    private final long silenceNanos;
    private volatile Step step = Step.OPEN;
    private volatile @Nullable DisposableServer server;

    /** @param silence how long after the port has closed, or its handshake has ended, a connection without a request may stay silent */
    public ClientConnections(Duration silence) {
        this.silenceNanos = silence.toNanos();
    }

    /** Has a server tell of its port and its connections. */
    public HttpServer follow(HttpServer server) {
        return server.doOnBound(bound -> this.server = bound)
                .doOnChannelInit((observer, channel, remote) -> opened(channel));
    }

    /** Connections with a request under way. */
    int running() {
        return (int) channels.stream().filter(ClientConnections::isRunning).count();
    }

    /** From now on every response is the last of its connection. */
    void closeAfterResponses() {
        step = Step.CLOSING_AFTER_RESPONSES;
        onEach(lastResponse::addTo);
    }

    /**
     * Closes the port and the idle connections. The others follow when their request is over, those that have just been opened after their
     * first.
     */
    void stopAccepting() {
        step = Step.NOT_ACCEPTING;
        DisposableServer bound = server;
        if (bound != null) {
            bound.dispose();
        }
        onEach(channel -> closeWhenIdle(channel, System.nanoTime()));
    }

    /** Waits for the connections that are left; whether all of them were closed in time. */
    boolean awaitClosed(Duration timeout) throws InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        // Again, as one that the port has let in last may have come later.
        while (channels.newCloseFuture().await(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
            if (channels.isEmpty()) {
                return true;
            }
        }
        return false;
    }

    /** Closes whatever is left. */
    void close() {
        channels.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
    }

    /** Joins the others first and looks at the step second, so that no step misses it. */
    private void opened(Channel channel) {
        channels.add(channel);
        if (step == Step.OPEN) {
            return;
        }
        if (LastResponse.isBeyond(channel)) {
            refuse(channel);
            return;
        }
        lastResponse.addToNew(channel);
        if (step == Step.NOT_ACCEPTING && !(channel instanceof Http2StreamChannel)) {
            channel.eventLoop().execute(() -> closeWhenIdle(channel, System.nanoTime()));
        }
    }

    /** Closes what nobody serves. A stream of HTTP/2 is told that nothing has been done for it, so that its client may begin it elsewhere. */
    @SuppressWarnings("FutureReturnValueIgnored") // Whoever waits, waits for the channels.
    private static void refuse(Channel channel) {
        StreamReset.write(channel, Http2Error.REFUSED_STREAM);
        channel.close();
    }

    private void onEach(Consumer<Channel> action) {
        channels.forEach(channel -> channel.eventLoop().execute(() -> action.accept(channel)));
    }

    /** @param silentSince when it would have been its turn to say something, as {@link System#nanoTime} */
    @SuppressWarnings("FutureReturnValueIgnored") // Whoever waits, waits for the channels.
    private void closeWhenIdle(Channel channel, long silentSince) {
        ChannelOperations<?, ?> request = ChannelOperations.get(channel);
        if (request != null) {
            request.onTerminate().subscribe(null, failure -> channel.close(), channel::close);
            return;
        }
        Arrival arrival = Arrival.on(channel);
        long now = System.nanoTime();
        boolean waits = arrival == Arrival.BEGUN || (arrival == Arrival.EXPECTED && now - silentSince < silenceNanos);
        if (waits && channel.isOpen()) {
            long since = arrival == Arrival.BEGUN ? now : silentSince;
            channel.eventLoop().schedule(() -> closeWhenIdle(channel, since), LOOK_MILLIS, TimeUnit.MILLISECONDS);
            return;
        }
        LastResponse.refuseMore(channel);
        channel.close();
    }

    private static boolean isRunning(Channel channel) {
        return ChannelOperations.get(channel) != null;
    }
}
