package dev.warmlane.cluster.jgroups;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jgroups.JChannel;
import org.jgroups.protocols.FD_ALL3;
import org.jgroups.protocols.MERGE3;
import org.jgroups.protocols.UFC;
import org.jgroups.protocols.UNICAST3;
import org.jgroups.protocols.VERIFY_SUSPECT2;
import org.jgroups.protocols.dns.DNS_PING;
import org.jgroups.protocols.pbcast.GMS;
import org.jgroups.protocols.pbcast.NAKACK2;
import org.jgroups.protocols.pbcast.STABLE;
import org.jgroups.util.ThreadPool;

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
}
