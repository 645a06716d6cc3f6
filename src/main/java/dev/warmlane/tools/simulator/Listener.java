package dev.warmlane.tools.simulator;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A listening port and its connections, all on one event loop. */
@SuppressWarnings("FutureReturnValueIgnored") // Nobody waits for a close.
final class Listener {
    private static final int MAX_BODY_BYTES = 64 * 1024 * 1024;
    /** vLLM's web server has these two. */
    private static final int MAX_HEADER_BYTES = 64 * 1024;

    private static final int IDLE_SECONDS = 5;

    private static final int REOPEN_ATTEMPTS = 100;
    private static final int REOPEN_PAUSE_MILLIS = 10;

    private final EventLoop loop;
    private final ServerBootstrap bootstrap;
    private final ChannelGroup connections;
    private volatile InetSocketAddress address;
    private @Nullable Channel server;
    private boolean wanted;
    private int reopenings;

    Listener(EventLoop loop, InetSocketAddress address, Consumer<HttpExchange> handler) {
        this.loop = loop;
        this.address = address;
        this.connections = new DefaultChannelGroup(loop);
        this.bootstrap = new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.SO_BACKLOG, 1024)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        connections.add(channel);
                        channel.pipeline()
                                .addLast(new HttpServerCodec(4096, MAX_HEADER_BYTES, 8192))
                                .addLast(new HttpObjectAggregator(MAX_BODY_BYTES))
                                .addLast(new IdleStateHandler(0, 0, IDLE_SECONDS, TimeUnit.SECONDS))
                                .addLast(new Connection(handler));
                    }
                });
    }

    /** Where it listens, or last did. */
    InetSocketAddress address() {
        return address;
    }

    /** Begins to accept connections, on the port it had before if it had one; at once if it already does. */
    Future<Void> open() {
        Promise<Void> opened = loop.newPromise();
        if (server != null) {
            return opened.setSuccess(null);
        }
        wanted = true;
        bind(opened, reopenings);
        reopenings = REOPEN_ATTEMPTS;
        return opened;
    }

    /** A port that was just closed is only free after the selector's next turn, so reopening tries again. */
    private void bind(Promise<Void> opened, int retries) {
        ChannelFuture bound = bootstrap.bind(address);
        server = bound.channel();
        bound.addListener(done -> {
            if (done.isSuccess()) {
                address = (InetSocketAddress) bound.channel().localAddress();
                opened.setSuccess(null);
            } else {
                server = null;
                if (retries > 0 && wanted) {
                    loop.schedule(() -> bind(opened, retries - 1), REOPEN_PAUSE_MILLIS, TimeUnit.MILLISECONDS);
                } else {
                    opened.setFailure(done.cause());
                }
            }
        });
    }

    /** Stops accepting connections; those that are open stay. */
    void refuse() {
        wanted = false;
        if (server != null) {
            server.close();
            server = null;
        }
    }

    /** Stops accepting connections and closes those that wait for a request. */
    void end() {
        refuse();
        connections.close(channel -> !channel.pipeline().get(Connection.class).isBusy());
    }

    void closeConnections() {
        connections.close();
    }

    /**
     * One connection: hands over its requests one after the other and notices when the client leaves. A second request before the
     * first has its response closes the connection; no client of vLLM pipelines.
     */
    private static final class Connection extends SimpleChannelInboundHandler<FullHttpRequest> {
        private final Consumer<HttpExchange> handler;
        private @Nullable HttpExchange current;

        Connection(Consumer<HttpExchange> handler) {
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
                current.end();
            }
            context.fireChannelInactive();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof IdleStateEvent && !isBusy()) {
                context.close();
            }
        }

        /** A broken connection concerns only its request, which learns of it by the close. */
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }

        private boolean isBusy() {
            return current != null && current.isOpen();
        }
    }

    /** The event loop of one server on a daemon thread of its own, and how other threads call into it. */
    static final class ServerThread implements AutoCloseable {
        private static final Duration PATIENCE = Duration.ofSeconds(10);

        private final EventLoopGroup group;
        private final EventLoop loop;

        ServerThread() {
            group = new MultiThreadIoEventLoopGroup(
                    1, new DefaultThreadFactory("simulated-vllm", true), NioIoHandler.newFactory());
            loop = group.next();
        }

        EventLoop loop() {
            return loop;
        }

        boolean isAlive() {
            return !group.isShuttingDown();
        }

        /**
         * Runs the call on the event loop and waits for its result; at once if this is the event loop.
         *
         * @throws IllegalStateException if it fails, or does not come back within 10 seconds
         */
        <T> T call(Callable<T> call) {
            try {
                return loop.inEventLoop()
                        ? call.call()
                        : loop.submit(call).get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while waiting for a simulated server", e);
            } catch (TimeoutException e) {
                throw new IllegalStateException("simulated server did not respond within %s".formatted(PATIENCE), e);
            } catch (ExecutionException e) {
                throw new IllegalStateException("simulated server failed", e.getCause());
            } catch (Exception e) {
                throw new IllegalStateException("simulated server failed", e);
            }
        }

        /** Waits for what happens on the event loop; false if it fails, or takes longer than 10 seconds. */
        boolean await(Future<?> future) {
            return future.awaitUninterruptibly(PATIENCE.toMillis()) && future.isSuccess();
        }

        @Override
        public void close() {
            group.shutdownGracefully(0, PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                    .awaitUninterruptibly(PATIENCE.toMillis());
        }
    }
}
