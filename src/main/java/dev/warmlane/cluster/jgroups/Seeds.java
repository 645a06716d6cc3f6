package dev.warmlane.cluster.jgroups;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.jgroups.Address;
import org.jgroups.protocols.dns.DNSResolver;
import org.jgroups.stack.IpAddress;

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
