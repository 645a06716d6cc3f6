package dev.warmlane.cluster;

import dev.warmlane.core.log.LogRateLimit;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jgroups.util.DefaultSocketFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes JGroups' sockets, closes those that are stuck, and counts connections that did not prove to come from a member. */
final class MemberSockets extends DefaultSocketFactory implements MemberSocket.Owner, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(MemberSockets.class);
    private static final long CHECK_MILLIS = 500;

    private final Supplier<SSLContext> context;
    private final ThreadFactory threads;
    private final Set<MemberSocket> open = ConcurrentHashMap.newKeySet();
    private final LongAdder refused = new LongAdder();
    private final LogRateLimit refusals = LogRateLimit.oncePerMinute();
    private final LogRateLimit failures = LogRateLimit.oncePerMinute();
    private final ScheduledThreadPoolExecutor watch;
    private final Future<?> checks;

    /** @param context asked for each connection, so that certificates can be exchanged */
    MemberSockets(Supplier<SSLContext> context, ThreadFactory threads) {
        this.context = context;
        this.threads = threads;
        this.watch = new ScheduledThreadPoolExecutor(1, threads);
        this.checks = watch.scheduleWithFixedDelay(this::check, CHECK_MILLIS, CHECK_MILLIS, TimeUnit.MILLISECONDS);
    }

    @Override
    public Socket createSocket(String use) {
        return new MemberSocket(this);
    }

    @Override
    public ServerSocket createServerSocket(String use) throws IOException {
        return new MemberServerSocket(this, threads);
    }

    @Override
    public SSLContext context() {
        return context.get();
    }

    /** How many connections to our port did not prove to be of a member. */
    long refusedConnections() {
        return refused.sum();
    }

    @Override
    public void opened(MemberSocket socket) {
        open.add(socket);
    }

    @Override
    public void closed(MemberSocket socket) {
        open.remove(socket);
    }

    @Override
    public void refused(InetAddress from, String reason) {
        refused.increment();
        int leftOut = refusals.next();
        if (leftOut != LogRateLimit.LEFT_OUT) {
            log.warn(LogRateLimit.text(
                    "refused a connection to the cluster port from %s, no proven member (%s)"
                            .formatted(from.getHostAddress(), reason),
                    leftOut));
        }
    }

    @Override
    public void unproven(SocketAddress to, IOException reason) {
        int leftOut = failures.next();
        if (leftOut != LogRateLimit.LEFT_OUT) {
            log.warn(LogRateLimit.text(
                    "no secure connection to %s: %s (expected: the same secret, or certificates that trust each other)"
                            .formatted(to, reason.getMessage()),
                    leftOut));
        }
    }

    private void check() {
        long now = System.nanoTime();
        open.forEach(socket -> socket.check(now));
    }

    @Override
    public void close() {
        checks.cancel(false);
        watch.shutdown();
        open.forEach(MemberSocket::close);
    }

    /**
     * The cluster's port. It accepts only connections that have proven to be of a member; the others are closed and counted. Only a few
     * connections may be in their handshake at a time, and fewer from one address, so that somebody who connects and says nothing keeps
     * out nobody else.
     */
    private static final class MemberServerSocket extends ServerSocket {
        private static final int AT_A_TIME = 64;
        private static final int AT_A_TIME_OF_ONE_ADDRESS = 8;
        private static final Duration AFTER_AN_ERROR = Duration.ofMillis(100);

        private final MemberSocket.Owner owner;
        private final ThreadFactory threads;
        private final ExecutorService handshakes;
        private final Map<InetAddress, Integer> proving = new ConcurrentHashMap<>();
        private final BlockingQueue<MemberSocket> proven = new ArrayBlockingQueue<>(AT_A_TIME);

        MemberServerSocket(MemberSocket.Owner owner, ThreadFactory threads) throws IOException {
            this.owner = owner;
            this.threads = threads;
            this.handshakes =
                    new ThreadPoolExecutor(0, AT_A_TIME, 5, TimeUnit.SECONDS, new SynchronousQueue<>(), threads);
        }

        @Override
        public void bind(SocketAddress address, int backlog) throws IOException {
            super.bind(address, backlog);
            threads.newThread(this::acceptAll).start();
        }

        @Override
        public Socket accept() throws IOException {
            if (isClosed()) {
                throw new SocketException("closed");
            }
            try {
                return proven.take();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new SocketException("interrupted");
            }
        }

        private void acceptAll() {
            while (!isClosed()) {
                MemberSocket socket = new MemberSocket(owner);
                try {
                    implAccept(socket);
                    admit(socket);
                } catch (IOException e) {
                    socket.close();
                    // Such as no file descriptor being left.
                    LockSupport.parkNanos(AFTER_AN_ERROR.toNanos());
                }
            }
        }

        private void admit(MemberSocket socket) {
            InetAddress from = socket.getInetAddress();
            if (proving.merge(from, 1, Integer::sum) > AT_A_TIME_OF_ONE_ADDRESS) {
                refuse(socket, from, "too many at once");
                return;
            }
            try {
                handshakes.execute(() -> prove(socket, from));
            } catch (RejectedExecutionException e) {
                refuse(socket, from, "too many at once");
            }
        }

        private void prove(MemberSocket socket, InetAddress from) {
            try {
                socket.secure(owner.context(), false);
                done(from);
                if (isClosed() || !proven.offer(socket)) {
                    socket.close();
                }
            } catch (IOException e) {
                refuse(socket, from, String.valueOf(e.getMessage()));
            }
        }

        private void refuse(MemberSocket socket, InetAddress from, String reason) {
            done(from);
            socket.close();
            owner.refused(from, reason);
        }

        private void done(InetAddress from) {
            proving.computeIfPresent(from, (address, count) -> count == 1 ? null : count - 1);
        }

        @Override
        public void close() throws IOException {
            super.close();
            handshakes.shutdown();
            for (MemberSocket left = proven.poll(); left != null; left = proven.poll()) {
                left.close();
            }
        }
    }
}
