package dev.warmlane.proxy.http;

import dev.warmlane.proxy.error.ApiException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;

/**
 * What the public port serves at all: no request of the management port, and no path that is not spelled plainly.
 *
 * <p>The management port has a context of its own, which inherits every filter and route of the public one, and asks nobody who they
 * are: nothing may be served there by inheritance. And what the gateway matches must be what vLLM reads, so that no spelling reaches a
 * path that is not on the routes. Plain is letters, digits and {@code -._~}, in segments that are neither empty nor dots.
 */
public final class PublicPort {
    /** Stands for the target {@code *}, which asks about all paths. No client can send it, and it is not plain. */
    public static final String ALL_PATHS = "/%2A";

    private static final String MODEL = "/v1/models/";
    private static final String MANAGEMENT = "management";

    private PublicPort() {}

    /** Whether a request came by this port, and not by the management port. */
    public static boolean serves(ServerWebExchange exchange) {
        return !WebServerApplicationContext.hasServerNamespace(exchange.getApplicationContext(), MANAGEMENT);
    }

    /** Fails with 404 on the management port. */
    public static void check(ServerWebExchange exchange) {
        if (!serves(exchange)) {
            throw ApiException.unknownPath();
        }
    }

    /** Fails with 404 unless the path is spelled plainly. */
    public static void checkPath(ServerHttpRequest request) {
        if (!isPlain(request.getURI().getRawPath())) {
            throw ApiException.unknownPath();
        }
    }

    /** The path without the slash at its end, if it has one and is spelled plainly but for it; else null. */
    public static @Nullable String withoutTrailingSlash(String rawPath) {
        if (rawPath.length() < 2 || !rawPath.endsWith("/")) {
            return null;
        }
        String path = rawPath.substring(0, rawPath.length() - 1);
        return isPlain(path) ? path : null;
    }

    /**
     * Whether the path is that of a model, whose name may have slashes and whatever else a client escapes. No endpoint ever reads it.
     */
    static boolean isModel(String rawPath) {
        if (!rawPath.startsWith(MODEL) || rawPath.length() == MODEL.length()) {
            return false;
        }
        for (int i = MODEL.length(); i < rawPath.length(); i++) {
            char c = rawPath.charAt(i);
            boolean escape = c == '%'
                    && i + 2 < rawPath.length()
                    && Character.digit(rawPath.charAt(i + 1), 16) >= 0
                    && Character.digit(rawPath.charAt(i + 2), 16) >= 0;
            if (!escape && !isUnreserved(c) && c != '/' && c != ':' && c != '@') {
                return false;
            }
        }
        return true;
    }

    static boolean isPlain(String rawPath) {
        if (!rawPath.startsWith("/")) {
            return false;
        }
        int segmentStart = 1;
        for (int i = 1; i <= rawPath.length(); i++) {
            if (i == rawPath.length() || rawPath.charAt(i) == '/') {
                String segment = rawPath.substring(segmentStart, i);
                boolean root = rawPath.length() == 1;
                if (!root && (segment.isEmpty() || segment.equals(".") || segment.equals(".."))) {
                    return false;
                }
                segmentStart = i + 1;
            } else if (!isUnreserved(rawPath.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isUnreserved(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '-'
                || c == '.'
                || c == '_'
                || c == '~';
    }
}
