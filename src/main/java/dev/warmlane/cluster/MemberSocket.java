package dev.warmlane.cluster;

import java.io.BufferedInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * A connection between members: a TCP socket that carries nothing before mutual TLS. A handshake or a write that takes too long
 * closes the socket, and closing never waits for the other side.
 */
final class MemberSocket extends Socket {
    private static final Duration HANDSHAKE_LIMIT = Duration.ofSeconds(2);
    private static final Duration WRITE_LIMIT = Duration.ofSeconds(5);
    private static final int READ_BYTES = 32 * 1024;
    /** No handshake or write is under way. */
    private static final long IDLE = 0;

    private final Owner owner;
    private volatile @Nullable SSLSocket secured;
    private volatile long deadline = IDLE;

    MemberSocket(Owner owner) {
        this.owner = owner;
    }

    @Override
    public void connect(SocketAddress address, int timeoutMillis) throws IOException {
        super.connect(address, timeoutMillis);
        try {
            secure(owner.context(), true);
        } catch (IOException e) {
            close();
            owner.unproven(address, e);
            throw e;
        }
    }

    /** Shakes hands; on return the other side has proven to be a member. */
    void secure(SSLContext context, boolean client) throws IOException {
        owner.opened(this);
        begin(HANDSHAKE_LIMIT);
        try {
            // Reads the plain streams of this socket, since the secured one is not there yet.
            SSLSocket tls = (SSLSocket) context.getSocketFactory()
                    .createSocket(this, getInetAddress().getHostAddress(), getPort(), false);
            tls.setUseClientMode(client);
            if (!client) {
                tls.setNeedClientAuth(true);
            }
            tls.startHandshake();
            tls.getSession().getPeerCertificates();
            secured = tls;
        } catch (RuntimeException e) {
            throw new SSLException("handshake failed", e);
        } finally {
            deadline = IDLE;
        }
    }

    private void begin(Duration limit) {
        long at = System.nanoTime() + limit.toNanos();
        deadline = at == IDLE ? 1 : at;
    }

    /** Closes the socket if what it does takes too long. */
    void check(long nowNanos) {
        long at = deadline;
        if (at != IDLE && nowNanos - at > 0) {
            close();
        }
    }

    @Override
    public InputStream getInputStream() throws IOException {
        SSLSocket tls = secured;
        return tls == null ? super.getInputStream() : new Buffered(tls.getInputStream());
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        SSLSocket tls = secured;
        return tls == null ? super.getOutputStream() : new Timed(tls.getOutputStream());
    }

    /** Of the TCP socket alone: TLS would say goodbye first, and wait for one who does not listen. */
    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized")
    public void close() {
        owner.closed(this);
        try {
            super.close();
        } catch (IOException e) {
            // It is gone either way.
        }
    }

    /** What makes such sockets, and is told what becomes of them. Safe for concurrent use. */
    interface Owner {
        /** What proves who a member is; asked for each connection, so that certificates can be exchanged. */
        SSLContext context();

        /** A handshake begins. */
        void opened(MemberSocket socket);

        void closed(MemberSocket socket);

        /** Somebody who connected to our port is no proven member. */
        void refused(InetAddress from, String reason);

        /** We have connected to somebody who is no member, or does not take us for one. */
        void unproven(SocketAddress to, IOException reason);
    }

    /** Fails after the end as JGroups expects of an end: with a SocketException, which it does not log. */
    private final class Buffered extends BufferedInputStream {
        private Buffered(InputStream in) {
            super(in, READ_BYTES);
        }

        @Override
        public synchronized int read() throws IOException {
            try {
                return super.read();
            } catch (IOException e) {
                throw ended(e);
            }
        }

        @Override
        public synchronized int read(byte[] bytes, int offset, int length) throws IOException {
            try {
                return super.read(bytes, offset, length);
            } catch (IOException e) {
                throw ended(e);
            }
        }

        private IOException ended(IOException e) {
            return isClosed() ? (SocketException) new SocketException("closed").initCause(e) : e;
        }

        /** Not while another thread reads, which would have to end first. */
        @Override
        public void close() {
            MemberSocket.this.close();
        }
    }

    private final class Timed extends FilterOutputStream {
        private Timed(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            begin(WRITE_LIMIT);
            try {
                out.write(bytes, offset, length);
            } finally {
                deadline = IDLE;
            }
        }

        @Override
        public void close() {
            MemberSocket.this.close();
        }
    }
}
