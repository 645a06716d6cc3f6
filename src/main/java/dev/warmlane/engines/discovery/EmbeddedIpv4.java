package dev.warmlane.engines.discovery;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * IPv6 addresses that a network may deliver to an IPv4 address: IPv4-compatible ({@code ::a.b.c.d}, RFC 4291), NAT64 ({@code
 * 64:ff9b::a.b.c.d}, RFC 6052) and 6to4 ({@code 2002:aabb:ccdd::}, RFC 3056). The JDK itself turns IPv4-mapped ones into IPv4.
 */
final class EmbeddedIpv4 {
    private static final byte[] NAT64 = {0, 0x64, (byte) 0xff, (byte) 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};
    private static final byte[] COMPATIBLE = new byte[12];

    private EmbeddedIpv4() {}

    /** The IPv4 address that is embedded in an address, or the address itself if none is. */
    static InetAddress of(InetAddress address) {
        if (!(address instanceof Inet6Address) || address.isAnyLocalAddress() || address.isLoopbackAddress()) {
            return address;
        }
        byte[] bytes = address.getAddress();
        if (bytes[0] == 0x20 && bytes[1] == 0x02) {
            return ipv4(bytes, 2);
        }
        boolean trailing = Arrays.equals(bytes, 0, 12, NAT64, 0, 12) || Arrays.equals(bytes, 0, 12, COMPATIBLE, 0, 12);
        return trailing ? ipv4(bytes, 12) : address;
    }

    private static InetAddress ipv4(byte[] bytes, int from) {
        try {
            return InetAddress.getByAddress(Arrays.copyOfRange(bytes, from, from + 4));
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
