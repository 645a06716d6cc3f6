package dev.warmlane.engines.discovery;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;

/**
 * Checks the addresses that the name of an endpoint resolves to: whoever controls the DNS of an allowed name must not be able to
 * point the gateway at a host that is not allowed.
 */
public final class AllowedAddresses {
    private AllowedAddresses() {}

    /** The allowed ones among the addresses, in the same order; may be empty. */
    public static List<? extends SocketAddress> of(List<? extends SocketAddress> resolved) {
        for (SocketAddress address : resolved) {
            if (!isAllowed(address)) {
                return resolved.stream().filter(AllowedAddresses::isAllowed).toList();
            }
        }
        return resolved;
    }

    private static boolean isAllowed(SocketAddress address) {
        return !(address instanceof InetSocketAddress internet)
                || internet.getAddress() == null
                || AllowedHosts.refusal(internet.getAddress()) == null;
    }
}
