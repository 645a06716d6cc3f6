package dev.warmlane.proxy.http;

import dev.warmlane.proxy.error.ApiException;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/**
 * Refuses requests that parse, but that another HTTP server in front of this one may read differently: where two servers
 * disagree about where a request ends or whom it is for, one request can be smuggled inside another (RFC 9112, section 11.2).
 * What the codec has put up with is refused here: repeated or foreign hosts, framing headers in any but the plain spelling,
 * targets of proxies and tunnels, and what a gateway has no use for.
 */
public final class RequestFraming {
    /** The methods that some route may have a use for: neither TRACE, which echoes, nor CONNECT, which opens a tunnel. */
    public static final String METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

    private static final String HOST_PUNCTUATION = "-._~%!$&'()*+,;=";

    /** Names in a Connection header, with their commas. Real ones are short, and each name is looked for in all headers. */
    private static final int MAX_CONNECTION_CHARS = 1024;

    /** Longer ones do not fit the 64 bits that other servers count in. */
    private static final int MAX_LENGTH_DIGITS = 18;

    /** What a request is framed, routed, let in or decoded by: too late behind its body (RFC 9110, section 6.5.1). */
    private static final Set<String> FORBIDDEN_TRAILERS = Set.of(
            "authorization",
            "cache-control",
            "connection",
            "content-encoding",
            "content-length",
            "content-range",
            "content-type",
            "cookie",
            "expect",
            "forwarded",
            "host",
            "keep-alive",
            "max-forwards",
            "proxy-authorization",
            "proxy-connection",
            "range",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "x-api-key",
            "x-forwarded-for");

    private RequestFraming() {}

    static boolean isForbiddenTrailer(CharSequence name) {
        return FORBIDDEN_TRAILERS.contains(name.toString().toLowerCase(Locale.ROOT));
    }

    /** Why the request is refused, or null if it is not. */
    static @Nullable ApiException refusal(HttpRequest request) {
        if (!isMethod(request.method().name())) {
            return ApiException.methodNotAllowed(METHODS);
        }
        CharSequence host = null;
        Iterator<Map.Entry<CharSequence, CharSequence>> headers =
                request.headers().iteratorCharSequence();
        while (headers.hasNext()) {
            Map.Entry<CharSequence, CharSequence> header = headers.next();
            CharSequence value = header.getValue();
            if (is(header.getKey(), "host")) {
                if (host != null) {
                    return badRequest("more than one Host (expected: one)");
                }
                host = value;
            } else if (is(header.getKey(), "transfer-encoding") && !is(value, "chunked")) {
                return badRequest("Transfer-Encoding (expected: chunked)");
            } else if (is(header.getKey(), "content-length") && !isNumber(value)) {
                return badRequest("Content-Length (expected: one number without leading zeros)");
            } else if (is(header.getKey(), "connection") && value.length() > MAX_CONNECTION_CHARS) {
                return badRequest("Connection (expected: a few names)");
            } else if (is(header.getKey(), "expect") && !is(value, "100-continue")) {
                return ApiException.ofStatus(HttpStatus.EXPECTATION_FAILED, null);
            } else if (is(header.getKey(), "sec-websocket-key1")) {
                // The codec takes eight bytes after such a head for a body that no header announces.
                return badRequest("Sec-WebSocket-Key1 (expected: none)");
            }
        }
        if (host == null ? request.protocolVersion().equals(HttpVersion.HTTP_1_1) : !isHost(host)) {
            return badRequest("Host (expected: a host and maybe a port)");
        }
        if (!isTarget(request)) {
            return badRequest("target (expected: a path or a URL of this host)");
        }
        return isFor(host, request.uri()) ? null : badRequest("Host (expected: that of the request's target)");
    }

    static ApiException tooManyHeaders(int most) {
        return ApiException.ofStatus(
                HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                "The request was refused: more than %d headers.".formatted(most));
    }

    static ApiException badRequest(String problem) {
        return ApiException.ofStatus(HttpStatus.BAD_REQUEST, "The request was refused: " + problem + ".");
    }

    /** Whether this is one of {@link #METHODS}. */
    static boolean isMethod(String method) {
        return switch (method) {
            case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" -> true;
            default -> false;
        };
    }

    /** The forms of RFC 9112, section 3.2, that are no tunnel's: a path, a URL, and the asterisk of OPTIONS. */
    private static boolean isTarget(HttpRequest request) {
        String target = request.uri();
        return target.startsWith("/")
                || target.regionMatches(true, 0, "http://", 0, 7)
                || target.regionMatches(true, 0, "https://", 0, 8)
                || (target.equals("*") && request.method().equals(HttpMethod.OPTIONS));
    }

    /** A whole URL as the target names its host a second time. */
    private static boolean isFor(@Nullable CharSequence host, String target) {
        int authority = target.startsWith("/") ? -1 : target.indexOf("://");
        if (authority < 0) {
            return true;
        }
        int start = authority + 3;
        int end = start;
        while (end < target.length() && "/?#".indexOf(target.charAt(end)) < 0) {
            end++;
        }
        if (host == null) {
            return end > start && isHost(target.substring(start, end));
        }
        return end > start
                && end - start == host.length()
                && host.toString().regionMatches(true, 0, target, start, end - start);
    }

    /** Whether it is a name or an address, and maybe a port: {@code uri-host [ ":" port ]} of RFC 9110, section 7.2. */
    private static boolean isHost(CharSequence host) {
        int i = 0;
        boolean address = host.length() > 0 && host.charAt(0) == '[';
        if (address) {
            i = 1;
            while (i < host.length() && isOfAddress(host.charAt(i))) {
                i++;
            }
            if (i < 3 || i == host.length() || host.charAt(i) != ']') {
                return false;
            }
            i++;
        } else {
            while (i < host.length() && isOfName(host.charAt(i))) {
                i++;
            }
        }
        return i == host.length() || (i > 0 && host.charAt(i) == ':' && isPort(host, i + 1));
    }

    private static boolean isOfAddress(char c) {
        return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
    }

    private static boolean isOfName(char c) {
        return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || HOST_PUNCTUATION.indexOf(c) >= 0;
    }

    private static boolean isPort(CharSequence host, int start) {
        for (int i = start; i < host.length(); i++) {
            if (!isDigit(host.charAt(i))) {
                return false;
            }
        }
        return host.length() - start <= 5;
    }

    private static boolean isNumber(CharSequence value) {
        for (int i = 0; i < value.length(); i++) {
            if (!isDigit(value.charAt(i))) {
                return false;
            }
        }
        return value.length() == 1
                || (value.length() <= MAX_LENGTH_DIGITS && value.length() > 0 && value.charAt(0) != '0');
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean is(CharSequence text, String lowerCase) {
        if (text.length() != lowerCase.length()) {
            return false;
        }
        for (int i = 0; i < lowerCase.length(); i++) {
            char c = text.charAt(i);
            if ((c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) != lowerCase.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
