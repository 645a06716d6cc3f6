package dev.warmlane.proxy.http;

import dev.warmlane.proxy.error.ApiException;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/**
 * Refuses requests that parse, but that another HTTP server in front of this one may read differently: where two servers
 * disagree about where a request ends or whom it is for, one request can be smuggled inside another (RFC 9112, section 11.2).
 * What the codec has put up with is refused here: repeated or foreign hosts, framing headers in any but the plain spelling, and
 * what a gateway has no use for.
 */
final class RequestFraming {
    private static final String HOST_PUNCTUATION = "-._~:[]%!$&'()*+,;=";

    private RequestFraming() {}

    /** Why the request is refused, or null if it is not. */
    static @Nullable ApiException refusal(HttpRequest request) {
        if (!isMethod(request.method().name())) {
            return ApiException.ofStatus(HttpStatus.METHOD_NOT_ALLOWED, null);
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
                return badRequest("Content-Length (expected: one number)");
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
        return isFor(host, request.uri()) ? null : badRequest("Host (expected: that of the request's target)");
    }

    private static ApiException badRequest(String problem) {
        return ApiException.ofStatus(HttpStatus.BAD_REQUEST, "The request was refused: " + problem + ".");
    }

    /** The methods that some route may have a use for. Neither TRACE, which echoes, nor CONNECT, which opens a tunnel. */
    private static boolean isMethod(String method) {
        return switch (method) {
            case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" -> true;
            default -> false;
        };
    }

    /** A whole URL as the target names its host a second time. */
    private static boolean isFor(@Nullable CharSequence host, String target) {
        int authority = target.startsWith("/") ? -1 : target.indexOf("://");
        if (authority < 0 || host == null) {
            return true;
        }
        int start = authority + 3;
        int end = start;
        while (end < target.length() && "/?#".indexOf(target.charAt(end)) < 0) {
            end++;
        }
        return end - start == host.length() && host.toString().regionMatches(true, 0, target, start, end - start);
    }

    private static boolean isHost(CharSequence host) {
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            boolean plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
            if (!plain && HOST_PUNCTUATION.indexOf(c) < 0) {
                return false;
            }
        }
        return true;
    }

    private static boolean isNumber(CharSequence value) {
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) < '0' || value.charAt(i) > '9') {
                return false;
            }
        }
        return value.length() > 0;
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
