package dev.warmlane.engines.discovery;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which hosts an endpoint may have. Whoever can write an EndpointSlice decides where the gateway sends requests, so the
 * addresses at which clouds hand out credentials are refused. Loopback is allowed: Kubernetes itself refuses it in
 * EndpointSlices, and it is how the gateway is tried out. Names are not resolved here; see {@link #among}.
 */
public final class AllowedHosts {
    private static final String OCTET = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
    private static final Pattern IPV4 = Pattern.compile(OCTET + "(\\." + OCTET + "){3}");
    // With another first character the JDK would look up a malformed address in DNS.
    private static final Pattern IPV6 = Pattern.compile("(?=.*:)[0-9a-fA-F:][0-9a-fA-F:.]{1,44}");
    private static final String LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";
    // Resolvers read names that end in a number as addresses: 2852039166 and 0xa9fea9fe are 169.254.169.254.
    private static final Pattern NAME =
            Pattern.compile("(?!(.*\\.)?(\\d+|0x[0-9a-f]*)\\.?$)" + LABEL + "(\\." + LABEL + ")*\\.?");
    private static final int NAME_CHARS = 253;

    /** Where clouds hand out credentials, besides link-local addresses. */
    private static final Set<InetAddress> METADATA_ADDRESSES = Set.of(
            address("100.100.100.200"), address("168.63.129.16"), address("192.0.0.192"), address("fd00:ec2::254"));

    private static final InetAddress BROADCAST = address("255.255.255.255");

    private static final Set<String> METADATA_NAMES =
            Set.of("metadata", "metadata.google.internal", "metadata.goog", "instance-data");

    private AllowedHosts() {}

    /**
     * Why an endpoint may not have this host; null if it may.
     *
     * @param host an IPv4 or IPv6 address without brackets, or a DNS name
     */
    @Nullable
    static String refusal(String host) {
        if (IPV4.matcher(host).matches() || IPV6.matcher(host).matches()) {
            return addressRefusal(host);
        }
        String name = host.toLowerCase(Locale.ROOT);
        if (name.length() > NAME_CHARS || !NAME.matcher(name).matches()) {
            return "neither an IP address nor a DNS name";
        }
        String absolute = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
        if (METADATA_NAMES.contains(absolute)) {
            return "cloud metadata server";
        }
        return null;
    }

    private static @Nullable String addressRefusal(String literal) {
        InetAddress address;
        try {
            address = InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            return "not an IP address";
        }
        return refusal(address);
    }

    /** Why an endpoint may not have this address, given or resolved from a name; null if it may. */
    static @Nullable String refusal(InetAddress given) {
        InetAddress address = EmbeddedIpv4.of(given);
        if (address.isLinkLocalAddress()) {
            return "link-local address";
        }
        if (METADATA_ADDRESSES.contains(address)) {
            return "cloud metadata server";
        }
        if (address.isAnyLocalAddress() || address.isMulticastAddress() || address.equals(BROADCAST)) {
            return "address of no single host";
        }
        return null;
    }

    /**
     * The allowed ones among the addresses that the name of an endpoint resolves to, in the same order; may be empty. Whoever
     * controls the DNS of an allowed name must not be able to point the gateway at a host that is not allowed.
     */
    public static List<? extends SocketAddress> among(List<? extends SocketAddress> resolved) {
        for (SocketAddress address : resolved) {
            if (!isAllowed(address)) {
                return resolved.stream().filter(AllowedHosts::isAllowed).toList();
            }
        }
        return resolved;
    }

    private static boolean isAllowed(SocketAddress address) {
        return !(address instanceof InetSocketAddress internet)
                || internet.getAddress() == null
                || refusal(internet.getAddress()) == null;
    }

    /** The host as written in a URI: IPv6 addresses in brackets. */
    static String inUri(String host) {
        return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    }

    private static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(literal, e);
        }
    }

    /**
     * IPv6 addresses that a network may deliver to an IPv4 address: IPv4-compatible ({@code ::a.b.c.d}, RFC 4291), NAT64 ({@code
     * 64:ff9b::a.b.c.d}, RFC 6052) and 6to4 ({@code 2002:aabb:ccdd::}, RFC 3056). The JDK itself turns IPv4-mapped ones into IPv4.
     */
    private static final class EmbeddedIpv4 {
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
            boolean trailing =
                    Arrays.equals(bytes, 0, 12, NAT64, 0, 12) || Arrays.equals(bytes, 0, 12, COMPATIBLE, 0, 12);
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
}
