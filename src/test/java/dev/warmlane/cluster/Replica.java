package dev.warmlane.cluster;

import dev.warmlane.cluster.ClusterTransport.Member;
import dev.warmlane.cluster.ClusterTransport.MembershipChange;
import dev.warmlane.cluster.ClusterTransport.StateWriter;
import dev.warmlane.harness.FreePorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;

/** One member of a cluster on the loopback interface, which writes down what it is told. */
final class Replica implements AutoCloseable {
    /** Of all members of every cluster: it takes the secret's rounds, which are a second without the JVM's second compiler. */
    static final Supplier<SSLContext> CONTEXT = new SharedSecret("what only replicas know", "test");

    /** How a replica answers a request for its state; nothing by default. */
    interface State {
        void write(StateWriter writer) throws Exception;
    }

    final List<String> received = new CopyOnWriteArrayList<>();
    final List<byte[]> state = new CopyOnWriteArrayList<>();
    final List<Member> lost = new CopyOnWriteArrayList<>();
    final List<MembershipChange> changes = new CopyOnWriteArrayList<>();
    final JGroupsTransport transport;
    final int port;
    volatile State answer = writer -> {};
    volatile Runnable onMessage = () -> {};

    Replica(int port, List<Integer> seeds, String name, Supplier<SSLContext> context) {
        this(port, seeds, name, context, Clock.systemUTC());
    }

    Replica(int port, List<Integer> seeds, String name, Supplier<SSLContext> context, Clock clock) {
        this.port = port;
        this.transport = new JGroupsTransport(
                new JGroupsTransport.Site(
                        "test",
                        name,
                        "1.0",
                        InetAddress.getLoopbackAddress(),
                        port,
                        Optional.empty(),
                        seeds.stream()
                                .map(seed -> InetSocketAddress.createUnresolved("127.0.0.1", seed))
                                .toList(),
                        Duration.ofSeconds(10)),
                context,
                clock);
    }

    /** Members that know each other's ports and the secret, started one after the other. */
    static List<Replica> cluster(int size) throws IOException {
        List<Integer> ports = freePorts(size);
        List<Replica> replicas = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            replicas.add(new Replica(ports.get(i), ports, "replica-" + i, CONTEXT).start());
        }
        return replicas;
    }

    static List<Integer> freePorts(int count) {
        return Stream.generate(FreePorts::take).limit(count).toList();
    }

    Replica start() {
        transport.start(new Notes());
        return this;
    }

    boolean publish(String message) {
        return transport.publish(message.getBytes(StandardCharsets.UTF_8));
    }

    /** What it was told so far is not written down any more. */
    void forget() {
        received.clear();
        lost.clear();
        changes.clear();
    }

    ClusterTransport.Statistics statistics() {
        return transport.statistics();
    }

    int size() {
        return transport.members().size();
    }

    @Override
    public void close() {
        transport.close();
    }

    private final class Notes implements ClusterTransport.Listener {
        @Override
        public void received(Member sender, byte[] message) {
            received.add(sender.name() + " " + new String(message, StandardCharsets.UTF_8));
            onMessage.run();
        }

        @Override
        public void membershipChanged(MembershipChange change) {
            changes.add(change);
        }

        @Override
        public void messagesLost(Member sender) {
            lost.add(sender);
        }

        @Override
        public void writeState(StateWriter writer) throws Exception {
            answer.write(writer);
        }

        @Override
        public void stateReceived(Member from, byte[] chunk) {
            state.add(chunk);
        }
    }
}
