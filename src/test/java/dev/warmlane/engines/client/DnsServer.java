package dev.warmlane.engines.client;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;

/** A DNS that says the same of every name, and can be told to say something else, or nothing. */
final class DnsServer implements AutoCloseable {
    private static final int HEADER = 12;
    private static final int MOST = 512;
    private static final int ADDRESS = 1;

    private final DatagramSocket socket;
    private volatile Answer answer = new Answer(0, false, List.of());

    private record Answer(int code, boolean silent, List<InetAddress> addresses) {}

    private DnsServer(DatagramSocket socket) {
        this.socket = socket;
    }

    static DnsServer start() throws IOException {
        DnsServer server = new DnsServer(new DatagramSocket(0, InetAddress.getLoopbackAddress()));
        Thread thread = new Thread(server::serve, "dns");
        thread.setDaemon(true);
        thread.start();
        return server;
    }

    InetSocketAddress address() {
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    void addresses(String... literals) {
        answer = new Answer(
                0,
                false,
                Arrays.stream(literals)
                        .map(literal -> new InetSocketAddress(literal, 0).getAddress())
                        .toList());
    }

    /** With an error instead of addresses: 2 SERVFAIL, 3 NXDOMAIN. */
    void fails(int code) {
        answer = new Answer(code, false, List.of());
    }

    void isSilent() {
        answer = new Answer(0, true, List.of());
    }

    private void serve() {
        byte[] query = new byte[MOST];
        while (!socket.isClosed()) {
            DatagramPacket packet = new DatagramPacket(query, query.length);
            try {
                socket.receive(packet);
                Answer now = answer;
                if (!now.silent()) {
                    byte[] said = say(now, query);
                    socket.send(new DatagramPacket(said, said.length, packet.getSocketAddress()));
                }
            } catch (IOException e) {
                // Closed: the loop ends.
            }
        }
    }

    private static byte[] say(Answer answer, byte[] query) {
        int end = HEADER;
        while (query[end] != 0) {
            end += query[end] + 1;
        }
        boolean found = query[end + 2] == ADDRESS && answer.code() == 0;
        List<InetAddress> addresses = found ? answer.addresses() : List.of();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.write(query, 0, 2);
            out.writeShort(0x8180 | answer.code());
            out.writeShort(1);
            out.writeShort(addresses.size());
            out.writeInt(0);
            out.write(query, HEADER, end + 5 - HEADER);
            for (InetAddress address : addresses) {
                // The name as above, an address, in the internet, for no time at all.
                out.writeShort(0xC00C);
                out.writeInt(ADDRESS << 16 | 1);
                out.writeInt(0);
                out.writeShort(4);
                out.write(address.getAddress());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    @Override
    public void close() {
        socket.close();
    }
}
