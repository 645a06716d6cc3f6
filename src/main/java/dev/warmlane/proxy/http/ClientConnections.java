package dev.warmlane.proxy.http;

import dev.warmlane.proxy.http.Http2Request.StreamReset;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.netty.DisposableServer;
import reactor.netty.NettyPipeline;
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

    private final ChannelGroup channels = new DefaultChannelGroup("clients", GlobalEventExecutor.INSTANCE);
    private final LastResponse lastResponse = new LastResponse();
    private volatile Step step = Step.OPEN;
    private volatile @Nullable DisposableServer server;

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
        onEach(channel -> lastResponse.addTo(channel.pipeline()));
    }

    /** Closes the port and the idle connections; the others follow when their request is over. */
    void stopAccepting() {
        step = Step.NOT_ACCEPTING;
        DisposableServer bound = server;
        if (bound != null) {
            bound.dispose();
        }
        onEach(ClientConnections::closeWhenIdle);
    }

    /** Waits for the connections that are left; whether all of them were closed in time. */
    boolean awaitClosed(Duration timeout) throws InterruptedException {
        return channels.newCloseFuture().await(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Closes whatever is left. */
    void close() {
        channels.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
    }

    /** Joins the others first and looks at the step second, so that no step misses it. */
    @SuppressWarnings("FutureReturnValueIgnored") // Whoever waits, waits for the channels.
    private void opened(Channel channel) {
        channels.add(channel);
        switch (step) {
            case OPEN -> {}
            case CLOSING_AFTER_RESPONSES -> lastResponse.addTo(channel.pipeline());
            case NOT_ACCEPTING -> refuse(channel);
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

    @SuppressWarnings("FutureReturnValueIgnored") // Whoever waits, waits for the channels.
    private static void closeWhenIdle(Channel channel) {
        ChannelOperations<?, ?> request = ChannelOperations.get(channel);
        if (request == null) {
            LastResponse.refuseMore(channel.pipeline());
            channel.close();
        } else {
            request.onTerminate().subscribe(null, failure -> channel.close(), channel::close);
        }
    }

    private static boolean isRunning(Channel channel) {
        return ChannelOperations.get(channel) != null;
    }

    /**
     * Says {@code Connection: close} in the next response of a connection, whose end it thereby is, or GOAWAY where that is HTTP/2. Keeps no
     * state.
     */
    @Sharable
    private static final class LastResponse extends ChannelOutboundHandlerAdapter {
        private static final String NAME = "warmlane.last-response";

        /** Takes its place, once, before Reactor Netty decides whether the connection goes on. On the channel's event loop. */
        void addTo(ChannelPipeline pipeline) {
            if (pipeline.get(Http2FrameCodec.class) != null) {
                goAway(pipeline);
            } else if (pipeline.get(NAME) == null && pipeline.get(NettyPipeline.HttpTrafficHandler) != null) {
                pipeline.addAfter(NettyPipeline.HttpTrafficHandler, NAME, this);
            }
        }

        /** The connection has turned out to be one of HTTP/2. */
        @Override
        public void handlerRemoved(ChannelHandlerContext ctx) {
            if (ctx.pipeline().get(Http2FrameCodec.class) != null) {
                goAway(ctx.pipeline());
            }
        }

        /**
         * Says that nothing is served that begins from now on; on the channel's event loop. Does nothing where it is not HTTP/2. Past the
         * codec, which would take what its client has already sent of a body of such a stream for a broken connection.
         */
        @SuppressWarnings("FutureReturnValueIgnored") // Whoever cannot be told has gone.
        static void refuseMore(ChannelPipeline pipeline) {
            ChannelHandlerContext ctx = pipeline.context(Http2FrameCodec.class);
            if (ctx != null) {
                Http2FrameCodec codec = (Http2FrameCodec) ctx.handler();
                int last = codec.connection().remote().lastStreamCreated();
                codec.encoder()
                        .frameWriter()
                        .writeGoAway(ctx, last, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, ctx.newPromise());
                ctx.flush();
            }
        }

        /** Asks the client to begin nothing more on this connection; streams that are on their way are served. */
        @SuppressWarnings("FutureReturnValueIgnored") // Whoever cannot be told has gone.
        private static void goAway(ChannelPipeline pipeline) {
            pipeline.writeAndFlush(
                    new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR).setExtraStreamIds(Integer.MAX_VALUE));
        }

        @Override
        @SuppressWarnings("FutureReturnValueIgnored") // The promise tells whoever wrote.
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            if (message instanceof HttpResponse response
                    && response.status().codeClass() != HttpStatusClass.INFORMATIONAL) {
                HttpUtil.setKeepAlive(response, false);
            }
            ctx.write(message, promise);
        }
    }
}
