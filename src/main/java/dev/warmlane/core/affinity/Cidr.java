package dev.warmlane.core.affinity;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A network: an IPv4 or IPv6 address and the length of its prefix. A bare address is a network of one. */
public final class Cidr {
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
                "network: %s (expected: an address such as 10.0.0.1 or a network such as 10.0.0.0/8)".formatted(text));
    }
}
