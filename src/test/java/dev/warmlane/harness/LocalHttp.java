package dev.warmlane.harness;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** The JDK's HTTP server on a free local port, for what a test wants answered that is no engine. */
public final class LocalHttp {
    static {
        // Else the body of each response waits until the client has acknowledged the head. Read before the first server
        // is made.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private static final int WAITING_CONNECTIONS = 100;

    private LocalHttp() {}

    /** @return one that listens and is not started yet */
    public static HttpServer bind() {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), WAITING_CONNECTIONS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
