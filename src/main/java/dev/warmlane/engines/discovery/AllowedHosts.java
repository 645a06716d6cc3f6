package dev.warmlane.engines.discovery;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which hosts an endpoint may have. Whoever may write an EndpointSlice chooses where the gateway sends requests, so the
 * addresses behind which a cloud hands out credentials are refused. Loopback is not among them: Kubernetes refuses it in an
 * EndpointSlice itself, and servers on one's own machine are how the gateway is tried. Nothing here resolves a name; what one resolves to is for
 * {@link AllowedAddresses}.
 */
final class AllowedHosts {
    private static final String OCTET = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
    private static final Pattern IPV4 = Pattern.compile(OCTET + "(\\." + OCTET + "){3}");
    // A first character outside this set would make the JDK ask DNS for what is only a broken address.
    private static final Pattern IPV6 = Pattern.compile("(?=.*:)[0-9a-fA-F:][0-9a-fA-F:.]{1,44}");
    private static final String LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";
    // Resolvers read a name that ends in a number as an address: 2852039166 and 0xa9fea9fe are 169.254.169.254.
    private static final Pattern NAME =
            Pattern.compile("(?!(.*\\.)?(\\d+|0x[0-9a-f]*)\\.?$)" + LABEL + "(\\." + LABEL + ")*\\.?");
    private static final int NAME_CHARS = 253;

    /** Where clouds answer with credentials, beyond the link-local addresses. */
    private static final Set<InetAddress> METADATA_ADDRESSES = Set.of(
            address("100.100.100.200"), address("168.63.129.16"), address("192.0.0.192"), address("fd00:ec2::254"));

    private static final InetAddress BROADCAST = address("255.255.255.255");

    private static final Set<String> METADATA_NAMES =
            Set.of("metadata", "metadata.google.internal", "metadata.goog", "instance-data");

    private AllowedHosts() {}

    /**
     * Why an endpoint may not have this host, or null if it may.
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

    /** Why no endpoint may have this address, be it written out or what a name resolves to; null if one may. */
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

    /** The host as a URI writes it: IPv6 addresses in brackets. */
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
}
