package dev.warmlane.cluster;

import java.io.DataInput;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jgroups.Address;
import org.jgroups.JChannel;
import org.jgroups.PhysicalAddress;
import org.jgroups.protocols.FD_ALL3;
import org.jgroups.protocols.MERGE3;
import org.jgroups.protocols.TCP;
import org.jgroups.protocols.UFC;
import org.jgroups.protocols.UNICAST3;
import org.jgroups.protocols.VERIFY_SUSPECT2;
import org.jgroups.protocols.dns.DNSResolver;
import org.jgroups.protocols.dns.DNS_PING;
import org.jgroups.protocols.pbcast.GMS;
import org.jgroups.protocols.pbcast.NAKACK2;
import org.jgroups.protocols.pbcast.STABLE;
import org.jgroups.stack.IpAddress;
import org.jgroups.util.DefaultThreadFactory;
import org.jgroups.util.ThreadPool;
import org.jspecify.annotations.Nullable;

/** JGroups' protocols as the cluster uses them, and the times that it is tuned to. */
final class ClusterStack {
    /** How often a member says that it is there. */
    private static final long HEARTBEAT_MILLIS = 500;
    /** How long a member may be silent before it is asked whether it lives, and excluded if it does not say so. */
    private static final long SILENCE_MILLIS = 8_000;

    private static final int LARGEST_FRAME_BYTES = 256 * 1024;

    private ClusterStack() {}

    static HeardTcp tcp(InetAddress bindAddress, int port, MemberSockets sockets, ClusterThreads threads) {
        HeardTcp tcp = new HeardTcp();
        tcp.setBindAddress(bindAddress);
        tcp.setBindPort(port);
        tcp.setPortRange(0);
        tcp.setThreadFactory(threads);
        tcp.setSocketFactory(sockets);
        tcp.useVirtualThreads(false);
        tcp.setSockConnTimeout(500);
        tcp.setMaxLength(LARGEST_FRAME_BYTES);
        tcp.tcpNodelay(true);
        // The sockets' own streams have one.
        tcp.setBufferedInputStreamSize(0);
        // A queue and a thread for each connection: a member that does not read holds up nobody else.
        tcp.nonBlockingSends(true).maxSendQueue(128);
        tcp.enableSuspectEvents(true);
        tcp.logDetails(false);
        // Sends on the thread that wants to; bundling is done before.
        tcp.setBundlerType("no-bundler");
        // Handles messages on the thread that reads them, so that TCP slows down who sends too much.
        tcp.setMessageProcessingPolicy("direct");
        ThreadPool pool = tcp.getThreadPool();
        pool.setMinThreads(1);
        pool.setMaxThreads(32);
        pool.setIncreaseMaxSizeDynamically(false);
        return tcp;
    }

    /** Tells the others another address than the one that is listened on. */
    static void advertise(HeardTcp tcp, InetSocketAddress address) {
        tcp.setExternalAddr(address.getAddress());
        tcp.setExternalPort(address.getPort());
    }

    static JChannel channel(HeardTcp tcp, Seeds seeds) throws Exception {
        // A resolver that gives ports is one of SRV records to it.
        DNS_PING discovery = new DNS_PING()
                .dnsQuery("members")
                .dnsRecordType("SRV")
                .dnsContextFactory("")
                .dnsResolver(seeds);
        // A joiner learns where all are, and need not ask when it has something to send.
        discovery.returnEntireCache(true);
        discovery.asyncDiscoveryUseSeparateThread(true);
        // Replicas that start together ask again until the first of them has made the cluster. Asking once, they would
        // miss it, give up, and each be alone until they merge.
        discovery.numDiscoveryRuns(10);
        VERIFY_SUSPECT2 verify = new VERIFY_SUSPECT2();
        verify.setTimeout(1_000);
        NAKACK2 nakack = new NAKACK2();
        nakack.useMcastXmit(false);
        GMS membership = new GMS()
                .setJoinTimeout(2_000)
                .setMaxJoinAttempts(4)
                .setLeaveTimeout(1_000)
                .setViewAckCollectionTimeout(1_000)
                .printLocalAddress(false);
        UFC flowControl = new UFC();
        flowControl.setMaxCredits(500_000);
        return new JChannel(
                tcp,
                discovery,
                new MERGE3().setMinInterval(500).setMaxInterval(1_500),
                new FD_ALL3().setInterval(HEARTBEAT_MILLIS).setTimeout(SILENCE_MILLIS),
                verify,
                nakack,
                new UNICAST3(),
                new STABLE().setDesiredAverageGossip(60_000),
                membership,
                flowControl);
    }

    /** Daemons whose names tell that they are the cluster's; of platform threads, since those of a pool can be bounded. */
    static final class ClusterThreads extends DefaultThreadFactory {
        private static final String PREFIX = "warmlane-cluster-";

        ClusterThreads() {
            super(PREFIX + "task", true);
        }

        @Override
        public Thread newThread(Runnable task) {
            return newThread(task, "task", null, null);
        }

        @Override
        protected Thread newThread(Runnable task, String name, @Nullable String address, @Nullable String cluster) {
            Thread thread = new Thread(task, PREFIX + name.replaceAll("[^A-Za-z0-9.:-]+", "-"));
            thread.setDaemon(true);
            return thread;
        }

        /** Names stay. */
        @Override
        public void renameThread(String name, Thread thread) {}

        @Override
        public void renameThread(
                @Nullable String name, @Nullable Thread thread, @Nullable String address, @Nullable String cluster) {}
    }

    /** JGroups over TCP, which remembers when something, whatever it was, last arrived from each member, and who is connected. */
    static final class HeardTcp extends TCP {
        private final Map<Address, Long> heard = new ConcurrentHashMap<>();

        @Override
        public void receive(Address sender, DataInput in, int length) throws Exception {
            heard.put(sender, System.nanoTime());
            super.receive(sender, in, length);
        }

        /** When something last arrived from this member, as System.nanoTime; or the given time if nothing has since then. */
        long heard(Address member, long since) {
            PhysicalAddress address = getPhysicalAddressFromCache(member);
            Long at = address == null ? null : heard.get(address);
            return at == null || at - since < 0 ? since : at;
        }

        /** Whether a message to this member need not wait for a connection. */
        boolean isConnectedTo(Address member) {
            PhysicalAddress address = getPhysicalAddressFromCache(member);
            return address != null && srv != null && srv.connectionEstablishedTo(address);
        }

        @Override
        public void retainAll(java.util.Collection<Address> members) {
            super.retainAll(members);
            heard.keySet().retainAll(Set.copyOf(members));
        }
    }

    /**
     * Where members may be found: host names, each of which stands for all of its addresses. They are looked up again each time
     * that members are looked for; one that does not resolve counts for nothing until it does.
     *
     * @param hosts unresolved
     */
    record Seeds(List<InetSocketAddress> hosts) implements DNSResolver {
        Seeds {
            hosts = List.copyOf(hosts);
        }

        @Override
        public List<Address> resolveIps(String query, DNSRecordType type) {
            List<Address> found = new ArrayList<>();
            for (InetSocketAddress host : hosts) {
                try {
                    for (InetAddress address : InetAddress.getAllByName(host.getHostString())) {
                        found.add(new IpAddress(address, host.getPort()));
                    }
                } catch (UnknownHostException e) {
                    // A Service without pods has no addresses.
                }
            }
            return found;
        }

        @Override
        public void close() {}
    }
}
