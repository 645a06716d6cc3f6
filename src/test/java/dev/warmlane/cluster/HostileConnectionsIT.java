package dev.warmlane.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.warmlane.cluster.ClusterStack.ClusterThreads;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jgroups.Version;
import org.jgroups.stack.IpAddress;
import org.jgroups.util.Util;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Whoever comes to the cluster's port and is no member. */
class HostileConnectionsIT {
    private static final int HUNDRED_MEGABYTES = 100 * 1024 * 1024;

    private static List<Replica> replicas = List.of();
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeAll
    static void start() throws IOException {
        replicas = Replica.cluster(3);
        await().until(() -> replicas.stream().allMatch(replica -> replica.size() == 3));
    }

    @AfterAll
    static void stop() {
        replicas.forEach(Replica::close);
    }

    @BeforeEach
    void listen() {
        lines.start();
        root().addAppender(lines);
    }

    @AfterEach
    void theClusterIsUnharmed() {
        root().detachAppender(lines);
        String mark = "still here " + System.nanoTime();
        replicas.get(0).publish(mark);
        await().untilAsserted(() -> {
            assertThat(replicas.get(1).received).contains("replica-0 " + mark);
            assertThat(replicas.get(2).received).contains("replica-0 " + mark);
        });
        assertThat(replicas).allSatisfy(replica -> {
            assertThat(replica.size()).isEqualTo(3);
            assertThat(replica.lost).isEmpty();
        });
    }

    @Test
    void garbageIsRefusedWithOneLineAMinute() throws Exception {
        long before = replicas.get(0).statistics().connectionsRefused();
        long begin = System.nanoTime();
        byte[] garbage = new byte[64 * 1024];
        for (int i = 0; i < 100; i++) {
            new Random(i).nextBytes(garbage);
            try (Socket socket = connect()) {
                write(socket, garbage);
                assertThat(isClosedByTheOther(socket)).isTrue();
            }
        }
        await().until(() -> replicas.get(0).statistics().connectionsRefused() == before + 100);
        // However long a busy machine takes.
        long minutes = 1 + (System.nanoTime() - begin) / 60_000_000_000L;
        assertThat((long) warnings().size()).isLessThanOrEqualTo(minutes);
    }

    @Test
    void anHttpRequestIsRefused() throws Exception {
        long before = replicas.get(0).statistics().connectionsRefused();
        try (Socket socket = connect()) {
            write(socket, "GET / HTTP/1.1\r\nHost: gateway\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(isClosedByTheOther(socket)).isTrue();
        }
        await().until(() -> replicas.get(0).statistics().connectionsRefused() == before + 1);
    }

    @Test
    void aConnectionThatSaysNothingIsClosed() throws Exception {
        long before = replicas.get(0).statistics().connectionsRefused();
        try (Socket socket = connect()) {
            assertThat(isClosedByTheOther(socket)).isTrue();
        }
        await().until(() -> replicas.get(0).statistics().connectionsRefused() == before + 1);
    }

    @Test
    void manyThatSayNothingTakeThePlaceOfNobodyElse() throws Exception {
        List<Socket> silent = new ArrayList<>();
        try (MemberSockets sockets = new MemberSockets(Replica.CONTEXT, new ClusterThreads());
                Socket member = sockets.createSocket("test")) {
            for (int i = 0; i < 200; i++) {
                Socket socket = new Socket();
                silent.add(socket);
                socket.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.2"), 0));
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), replicas.get(0).port), 30_000);
            }
            member.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), replicas.get(0).port), 30_000);
            assertThat(member.isConnected()).isTrue();
        } finally {
            silent.forEach(Util::close);
        }
    }

    @Test
    void aMemberWithAnotherSecretNeitherJoinsNorIsHeard() throws Exception {
        List<Integer> seeds = replicas.stream().map(replica -> replica.port).toList();
        long before = replicas.get(0).statistics().connectionsRefused();
        try (Replica stranger = replica("stranger", seeds, new SharedSecret("what nobody told it", "test"))) {
            stranger.publish("let me in");
            await().until(() -> replicas.get(0).statistics().connectionsRefused() > before);
            assertThat(stranger.size()).isEqualTo(1);
            assertThat(stranger.received).isEmpty();
            assertThat(replicas.get(0).changes)
                    .allSatisfy(change -> assertThat(change.members())
                            .noneMatch(member -> member.name().equals("stranger")));
            assertThat(replicas.get(0).received).noneMatch(message -> message.contains("let me in"));
            assertThat(warnings().stream().filter(line -> line.contains("the same secret")))
                    .hasSizeLessThanOrEqualTo(1);
        }
    }

    @Test
    void oneWithoutACertificateIsRefused() throws Exception {
        SSLContext trusting = SSLContext.getInstance("TLS");
        trusting.init(null, new TrustManager[] {new TrustsEverybody()}, null);
        long before = replicas.get(0).statistics().connectionsRefused();
        try (Socket socket = connect();
                SSLSocket tls = (SSLSocket)
                        trusting.getSocketFactory().createSocket(socket, "127.0.0.1", replicas.get(0).port, true)) {
            assertThat(isRefused(tls)).isTrue();
        }
        await().until(() -> replicas.get(0).statistics().connectionsRefused() == before + 1);
    }

    @Test
    void aMessageThatClaimsToHaveHundredMegabytesEndsItsConnection() throws Exception {
        try (MemberSockets sockets = new MemberSockets(Replica.CONTEXT, new ClusterThreads());
                MemberSocket socket = (MemberSocket) sockets.createSocket("test")) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), replicas.get(0).port), 5_000);
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            IpAddress own = new IpAddress("127.0.0.3", 7946);
            out.writeBytes("bela");
            out.writeShort(Version.version);
            out.writeShort(own.serializedSize());
            own.writeTo(out);
            out.writeInt(HUNDRED_MEGABYTES);
            out.flush();
            assertThat(isClosedByTheOther(socket)).isTrue();
        }
    }

    private static Replica replica(String name, List<Integer> seeds, Supplier<SSLContext> context) throws IOException {
        return new Replica(Replica.freePorts(1).get(0), seeds, name, context).start();
    }

    private static Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), replicas.get(0).port);
        socket.setSoTimeout(30_000);
        return socket;
    }

    private static void write(Socket socket, byte[] bytes) throws IOException {
        try {
            OutputStream out = socket.getOutputStream();
            out.write(bytes);
            out.flush();
        } catch (SocketException e) {
            // Closed before all was written.
        }
    }

    private static boolean isClosedByTheOther(Socket socket) throws IOException {
        byte[] answer = new byte[1024];
        try {
            for (int length = 0; length >= 0; length = socket.getInputStream().read(answer)) {
                // An alert may come before the end.
            }
        } catch (SocketException e) {
            // A reset is an end too.
        }
        return true;
    }

    private static boolean isRefused(SSLSocket socket) throws IOException {
        try {
            socket.startHandshake();
            return socket.getInputStream().read() < 0;
        } catch (SSLException | SocketException e) {
            return true;
        }
    }

    private static Logger root() {
        return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    }

    private List<String> warnings() {
        return List.copyOf(lines.list).stream()
                .filter(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    private static final class TrustsEverybody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
