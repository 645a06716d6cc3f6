package dev.warmlane.harness;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The way to a port, which can be cut as a network is: nothing arrives any more in either direction, no connection ends, and
 * what was on its way comes when it is mended.
 */
public final class DisturbedLink implements AutoCloseable {
    private static final int PIECE = 64 * 1024;

    private final ServerSocket socket;
    private final int target;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Object mended = new Object();
    private boolean cut;

    private DisturbedLink(ServerSocket socket, int target) {
        this.socket = socket;
        this.target = target;
        start(this::accept);
    }

    /** @param target a port of this host, where nobody need listen yet */
    public static DisturbedLink to(int target) {
        try {
            return new DisturbedLink(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return socket.getLocalPort();
    }

    public void cut() {
        synchronized (mended) {
            cut = true;
        }
    }

    public void mend() {
        synchronized (mended) {
            cut = false;
            mended.notifyAll();
        }
    }

    private void accept() {
        try {
            while (true) {
                Socket from = socket.accept();
                open.add(from);
                start(() -> connect(from));
            }
        } catch (IOException e) {
            // Closed: the test is over.
        }
    }

    private void connect(Socket from) {
        try {
            awaitMended();
            Socket to = new Socket(InetAddress.getLoopbackAddress(), target);
            open.add(to);
            start(() -> pass(from, to));
            pass(to, from);
        } catch (IOException e) {
            close(from);
        }
    }

    private void pass(Socket from, Socket to) {
        byte[] piece = new byte[PIECE];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
                awaitMended();
                out.write(piece, 0, count);
            }
        } catch (IOException e) {
            // One end is gone, so the other goes.
        } finally {
            close(from);
            close(to);
        }
    }

    private void awaitMended() throws IOException {
        synchronized (mended) {
            while (cut) {
                try {
                    mended.wait();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        }
    }

    private void close(Socket end) {
        open.remove(end);
        try {
            end.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "disturbed-link");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        mend();
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        open.forEach(this::close);
    }
}
