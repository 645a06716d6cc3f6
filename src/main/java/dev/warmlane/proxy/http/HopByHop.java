package dev.warmlane.proxy.http;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * Headers that belong to one connection and never pass through a proxy (RFC 9110, section 7.6.1), whichever way they go:
 * the listed ones and those that Connection names.
 */
public final class HopByHop {
    private static final Set<String> ALWAYS = Set.of(
            "connection",
            "keep-alive",
            "http2-settings",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            // No header of HTTP: CGI programs take it for the HTTP_PROXY of their environment.
            "proxy",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    private final Set<String> named;

    /** @param connection the values of Connection, one for each line */
    public HopByHop(List<String> connection) {
        Set<String> tokens = Set.of();
        for (String line : connection) {
            if (!isUsual(line)) {
                tokens = tokens.isEmpty() ? new TreeSet<>(String.CASE_INSENSITIVE_ORDER) : tokens;
                for (String token : line.split(",", -1)) {
                    tokens.add(token.strip());
                }
            }
        }
        this.named = tokens;
    }

    public boolean contains(String name) {
        return (name.length() <= 19 && ALWAYS.contains(name.toLowerCase(Locale.ROOT)))
                || (!named.isEmpty() && named.contains(name));
    }

    private static boolean isUsual(String connection) {
        return connection.equalsIgnoreCase("keep-alive") || connection.equalsIgnoreCase("close");
    }
}
