package dev.warmlane.benchmark;

import com.sun.management.OperatingSystemMXBean;
import dev.warmlane.cluster.ClusterTransport;
import dev.warmlane.cluster.ClusterTransport.Member;
import dev.warmlane.cluster.ClusterTransport.MembershipChange;
import dev.warmlane.cluster.ClusterTransport.StateWriter;
import dev.warmlane.cluster.JGroupsTransport;
import dev.warmlane.cluster.SharedSecret;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;

/**
 * What the cluster costs: three members in one process, 300 bytes a request at a fixed rate, told by each in turn: each request
 * by itself, and gathered for 10 and 20 ms. Prints how long joining took, what members cost that say nothing, how late messages
 * arrive, and the CPU of one with its two receipts. Arguments: requests a second (500), seconds (20).
 */
public final class ClusterBenchmark {
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private ClusterBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        int rate = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 500;
        int seconds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 20;
        System.gc();
        System.out.printf("before: RSS %d MB%n", rssMegabytes());
        run(rate, 300, seconds);
        for (int gatherMillis : List.of(10, 20)) {
            int messages = 3 * 1000 / gatherMillis;
            run(messages, 300 * rate / messages, seconds);
        }
    }

    private static void run(int rate, int bytes, int seconds) throws Exception {
        Latencies latencies = new Latencies(2 * rate * (seconds + 5));
        List<JGroupsTransport> members = new ArrayList<>();
        Supplier<SSLContext> context = new SharedSecret("sixteen characters", "benchmark");
        List<InetSocketAddress> seeds = freePorts(3);
        for (InetSocketAddress seed : seeds) {
            long start = System.nanoTime();
            JGroupsTransport member = new JGroupsTransport(
                    new JGroupsTransport.Site(
                            "benchmark",
                            "member",
                            "1.0",
                            InetAddress.getLoopbackAddress(),
                            seed.getPort(),
                            Optional.empty(),
                            seeds,
                            Duration.ofSeconds(10)),
                    context,
                    Clock.systemUTC());
            member.start(latencies);
            members.add(member);
            System.out.printf(
                    "%d messages a second of %d bytes: joined after %d ms%n",
                    rate, bytes, (System.nanoTime() - start) / 1_000_000);
        }
        while (!members.stream().allMatch(member -> member.members().size() == 3)) {
            LockSupport.parkNanos(10_000_000);
        }
        LockSupport.parkNanos(2_000_000_000L);
        long idle = SYSTEM.getProcessCpuTime();
        LockSupport.parkNanos(10_000_000_000L);
        double idleNanosPerSecond = (SYSTEM.getProcessCpuTime() - idle) / 10.0;
        System.out.printf("  idle: %.2f %% of a core for each of three%n", idleNanosPerSecond / 1e7 / 3);
        publish(members, rate, bytes, 5);
        latencies.count = 0;
        long cpu = SYSTEM.getProcessCpuTime();
        int sent = publish(members, rate, bytes, seconds);
        double spent = SYSTEM.getProcessCpuTime() - cpu;
        LockSupport.parkNanos(500_000_000L);
        System.gc();
        System.out.printf(
                "  %d messages: %s, %.0f us of CPU a message with its two receipts (%.0f above idle), RSS %d MB, lost %d%n",
                sent,
                latencies,
                spent / sent / 1000,
                (spent - idleNanosPerSecond * seconds) / sent / 1000,
                rssMegabytes(),
                members.stream()
                        .mapToLong(member -> member.statistics().messagesLost())
                        .sum());
        members.forEach(JGroupsTransport::close);
    }

    private static int publish(List<JGroupsTransport> members, int rate, int bytes, int seconds) {
        int count = rate * seconds;
        long start = System.nanoTime();
        for (int i = 0; i < count; i++) {
            long due = start + i * 1_000_000_000L / rate;
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            members.get(i % members.size())
                    .publish(ByteBuffer.allocate(bytes)
                            .putLong(System.nanoTime())
                            .array());
        }
        return count;
    }

    private static List<InetSocketAddress> freePorts(int count) throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
        }
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (ServerSocket socket : held) {
            addresses.add(InetSocketAddress.createUnresolved("127.0.0.1", socket.getLocalPort()));
            socket.close();
        }
        return addresses;
    }

    private static long rssMegabytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
            }
        }
        return -1;
    }

    private static final class Latencies implements ClusterTransport.Listener {
        private final long[] nanos;
        private int count;

        private Latencies(int capacity) {
            this.nanos = new long[capacity];
        }

        @Override
        public synchronized void received(Member sender, byte[] message) {
            nanos[count++] = System.nanoTime() - ByteBuffer.wrap(message).getLong();
        }

        @Override
        public void membershipChanged(MembershipChange change) {}

        @Override
        public void messagesLost(Member sender) {}

        @Override
        public void writeState(StateWriter state) {}

        @Override
        public void stateReceived(Member from, byte[] chunk) {}

        @Override
        public synchronized String toString() {
            long[] sorted = Arrays.copyOf(nanos, count);
            Arrays.sort(sorted);
            return "p50 %.2f ms, p99 %.2f ms, highest %.2f ms"
                    .formatted(sorted[count / 2] / 1e6, sorted[count - 1 - count / 100] / 1e6, sorted[count - 1] / 1e6);
        }
    }
}
