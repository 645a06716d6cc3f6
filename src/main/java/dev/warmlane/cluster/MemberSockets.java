package dev.warmlane.cluster;

import dev.warmlane.core.log.LogRateLimit;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
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
}
