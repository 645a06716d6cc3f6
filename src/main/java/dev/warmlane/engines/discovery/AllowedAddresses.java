package dev.warmlane.engines.discovery;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;

/**
 * Which addresses a connection to an endpoint may go to, once its name is resolved: whoever may write the DNS of a name that
 * is allowed must not lead the gateway to a host that is not.
 */
public final class AllowedAddresses {
    private AllowedAddresses() {}

    /** Those of the addresses that an endpoint may have, in their order; maybe none. */
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
