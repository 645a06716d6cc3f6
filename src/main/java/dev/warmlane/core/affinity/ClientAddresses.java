package dev.warmlane.core.affinity;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds the address of a request's client; X-Forwarded-For counts only as far as the proxies that wrote it are trusted. Immutable. */
public final class ClientAddresses {
    /** There are few proxies in front of the gateway; a longer list is an attempt to keep it busy. */
    private static final int MAX_HOPS = 32;

    private final List<Cidr> trustedProxies;
    private final List<Cidr> sharedNetworks;

    /**
     * @param trustedProxies whose X-Forwarded-For is believed
     * @param sharedNetworks whose addresses say nothing of one client
     */
    public ClientAddresses(List<Cidr> trustedProxies, List<Cidr> sharedNetworks) {
        this.trustedProxies = List.copyOf(trustedProxies);
        this.sharedNetworks = List.copyOf(sharedNetworks);
    }

    /**
     * The rightmost address that is not a trusted proxy, or null where that says nothing of the client: all are trusted
     * proxies, the address is in a shared network, or it is not an address.
     *
     * @param peer the address of the connection
     * @param forwardedFor the values of X-Forwarded-For, in the order received
     */
    public @Nullable InetAddress client(InetAddress peer, List<String> forwardedFor) {
        InetAddress address = peer;
        int hops = 0;
        for (int line = forwardedFor.size() - 1; line >= 0; line--) {
            String rest = forwardedFor.get(line);
            while (rest != null) {
                if (!isTrusted(address)) {
                    return unlessShared(address);
                }
                int comma = rest.lastIndexOf(',');
                InetAddress next = parse(rest.substring(comma + 1).strip());
                if (next == null || ++hops > MAX_HOPS) {
                    return null;
                }
                address = next;
                rest = comma < 0 ? null : rest.substring(0, comma);
            }
        }
        return isTrusted(address) ? null : unlessShared(address);
    }

    /** The one spelling of an address under which its key is bound; any other text as it is. */
    public static String canonical(String text) {
        InetAddress address = parse(text.strip());
        return address == null ? text : address.getHostAddress();
    }

    /** Whether what this peer says of others is believed. */
    public boolean isTrusted(InetAddress address) {
        return isIn(trustedProxies, address);
    }

    private @Nullable InetAddress unlessShared(InetAddress address) {
        return isIn(sharedNetworks, address) ? null : address;
    }

    private static boolean isIn(List<Cidr> networks, InetAddress address) {
        for (Cidr network : networks) {
            if (network.contains(address)) {
                return true;
            }
        }
        return false;
    }

    /** Takes {@code 1.2.3.4}, {@code 1.2.3.4:5678}, {@code ::1}, {@code [::1]} and {@code [::1]:5678}. */
    private static @Nullable InetAddress parse(String hop) {
        if (hop.startsWith("[")) {
            int end = hop.indexOf(']');
            return end < 0 ? null : Cidr.literal(hop.substring(1, end));
        }
        int colon = hop.indexOf(':');
        boolean oneColon = colon >= 0 && colon == hop.lastIndexOf(':');
        return Cidr.literal(oneColon ? hop.substring(0, colon) : hop);
    }

    /** A network: an IPv4 or IPv6 address and the length of its prefix. A bare address is a network of one. */
    public static final class Cidr {
        /** Up to 255: anything else the JDK would take for a name. */
        private static final String OCTET = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";

        private static final Pattern IPV4 = Pattern.compile(OCTET + "(\\." + OCTET + "){3}");
        private static final Pattern IPV6 = Pattern.compile("(?=.*:)[0-9a-fA-F:][0-9a-fA-F:.]{1,44}");

        private final byte[] network;
        private final int prefixLength;

        private Cidr(byte[] network, int prefixLength) {
            this.network = network;
            this.prefixLength = prefixLength;
        }

        /** @throws IllegalArgumentException naming the text and what was expected */
        public static Cidr parse(String text) {
            int slash = text.indexOf('/');
            InetAddress address = literal(slash < 0 ? text : text.substring(0, slash));
            if (address == null) {
                throw invalid(text);
            }
            int bits = address.getAddress().length * 8;
            int prefixLength = bits;
            if (slash >= 0) {
                try {
                    prefixLength = Integer.parseInt(text.substring(slash + 1));
                } catch (NumberFormatException e) {
                    throw invalid(text);
                }
            }
            if (prefixLength < 0 || prefixLength > bits) {
                throw invalid(text);
            }
            return new Cidr(address.getAddress(), prefixLength);
        }

        /** The address that a literal stands for, or null if it is none. Never asks a name server. */
        static @Nullable InetAddress literal(String text) {
            if (!IPV4.matcher(text).matches() && !IPV6.matcher(text).matches()) {
                return null;
            }
            try {
                return InetAddress.getByName(text);
            } catch (UnknownHostException e) {
                return null;
            }
        }

        /** Whether an address is in it; never for one of the other family. */
        public boolean contains(InetAddress address) {
            byte[] candidate = address.getAddress();
            if (candidate.length != network.length) {
                return false;
            }
            int wholeBytes = prefixLength / 8;
            for (int i = 0; i < wholeBytes; i++) {
                if (candidate[i] != network[i]) {
                    return false;
                }
            }
            int rest = prefixLength % 8;
            return rest == 0 || ((candidate[wholeBytes] ^ network[wholeBytes]) & 0xff) >>> (8 - rest) == 0;
        }

        private static IllegalArgumentException invalid(String text) {
            return new IllegalArgumentException(
                    "network: %s (expected: an address such as 10.0.0.1 or a network such as 10.0.0.0/8)"
                            .formatted(text));
        }
    }
}
