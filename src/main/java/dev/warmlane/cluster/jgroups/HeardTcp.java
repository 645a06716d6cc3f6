package dev.warmlane.cluster.jgroups;

import java.io.DataInput;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jgroups.Address;
import org.jgroups.PhysicalAddress;
import org.jgroups.protocols.TCP;

/** JGroups over TCP, which remembers when something, whatever it was, last arrived from each member, and who is connected. */
final class HeardTcp extends TCP {
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
