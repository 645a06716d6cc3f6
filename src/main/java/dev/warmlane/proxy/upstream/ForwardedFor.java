package dev.warmlane.proxy.upstream;

import dev.warmlane.core.affinity.ClientAddresses;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.springframework.http.server.reactive.ServerHttpRequest;

/**
 * Tells the endpoint whose request it gets: the peer is appended to the X-Forwarded-For of a trusted proxy. What anybody else
 * says of addresses is not believed, so it goes no further. Immutable.
 */
public final class ForwardedFor {
    private static final String HEADER = "x-forwarded-for";
    private static final List<String> OTHER_CLAIMS = List.of("forwarded", "x-real-ip");

    private final ClientAddresses addresses;

    public ForwardedFor(ClientAddresses addresses) {
        this.addresses = addresses;
    }

    /** @param to has the client's headers */
    void write(ServerHttpRequest request, HttpHeaders to) {
        InetSocketAddress socket = request.getRemoteAddress();
        InetAddress peer = socket == null ? null : socket.getAddress();
        if (peer == null || !addresses.isTrusted(peer)) {
            to.remove(HEADER);
            OTHER_CLAIMS.forEach(to::remove);
        }
        if (peer != null) {
            List<String> hops = to.getAll(HEADER);
            String text = withoutScope(peer.getHostAddress());
            to.set(HEADER, hops.isEmpty() ? text : String.join(", ", hops) + ", " + text);
        }
    }

    /** The name of an interface of this host, after a percent sign, says nothing elsewhere. */
    private static String withoutScope(String address) {
        int scope = address.indexOf('%');
        return scope < 0 ? address : address.substring(0, scope);
    }
}
