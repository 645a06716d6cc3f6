package dev.warmlane.tools.simulator;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The event loop of one server on a daemon thread of its own, and how other threads call into it. */
final class ServerThread implements AutoCloseable {
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
            return loop.inEventLoop() ? call.call() : loop.submit(call).get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
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
