package dev.warmlane.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The cluster's port. It accepts only connections that have proven to be of a member; the others are closed and counted. Only a few
 * connections may be in their handshake at a time, and fewer from one address, so that somebody who connects and says nothing keeps
 * out nobody else.
 */
final class MemberServerSocket extends ServerSocket {
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
        this.handshakes = new ThreadPoolExecutor(0, AT_A_TIME, 5, TimeUnit.SECONDS, new SynchronousQueue<>(), threads);
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
