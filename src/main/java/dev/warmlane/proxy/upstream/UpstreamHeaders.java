package dev.warmlane.proxy.upstream;

import dev.warmlane.core.affinity.ClientAddresses;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.proxy.access.Authenticator.Credentials;
import dev.warmlane.proxy.http.RequestIds;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;

/** The headers that a request carries to its endpoint: the client's, less those that are not for the endpoint. */
public final class UpstreamHeaders {
    /** Which of a server's engines is to compute a request: vLLM reads it from 0.11.1 on. */
    private static final AsciiString DATA_PARALLEL_RANK = AsciiString.cached("X-data-parallel-rank");
    /** Where llm-d's sidecar finds the endpoint that computes the prompt: {@code host:port}. */
    public static final String PREFILLER = "x-prefiller-host-port";

    private static final String OWN_PREFIX = "x-warmlane-";
    private static final String FORWARDED_FOR = "x-forwarded-for";
    private static final List<String> OTHER_CLAIMS = List.of("forwarded", "x-real-ip");

    private UpstreamHeaders() {}

    /**
     * @param endpoint whose host is asked; where it is one of several ranks of a server, the server is told which, whatever the
     *     client says
     * @param addresses which of them are trusted to say whose request it is
     * @param apiKey the pool's own key, which replaces the client's, or null to pass the client's on
     * @param authenticated whether the client's key or token was for the gateway, so that it goes no further
     * @param bodyBytes length of the body that will be sent
     */
    public static void copy(
            ServerHttpRequest request,
            HttpHeaders to,
            Endpoint endpoint,
            String requestId,
            ClientAddresses addresses,
            @Nullable String apiKey,
            boolean authenticated,
            int bodyBytes) {
        HopByHop hopByHop = new HopByHop(request.getHeaders().getOrEmpty("Connection"));
        request.getHeaders().forEach((name, values) -> {
            if (!hopByHop.contains(name) && !isOurs(name)) {
                to.set(name, values);
            }
        });
        to.set(HttpHeaderNames.HOST, host(endpoint.uri()));
        if (endpoint.id().isRank()) {
            to.set(DATA_PARALLEL_RANK, Integer.toString(endpoint.id().rank()));
        }
        to.set(RequestIds.HEADER, requestId);
        forwardedFor(request, to, addresses);
        if (authenticated) {
            to.remove(HttpHeaderNames.AUTHORIZATION);
            to.remove(Credentials.API_KEY_HEADER);
        }
        if (apiKey != null) {
            to.set(HttpHeaderNames.AUTHORIZATION, "Bearer " + apiKey);
        }
        if (bodyBytes > 0 || "POST".equals(request.getMethod().name())) {
            to.set(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(bodyBytes));
        }
    }

    /** The headers of a request of the gateway's own, with a JSON body. */
    public static void own(HttpHeaders to, Endpoint endpoint, @Nullable String apiKey, int bodyBytes) {
        to.set(HttpHeaderNames.HOST, host(endpoint.uri()));
        to.set(HttpHeaderNames.USER_AGENT, "warmlane");
        to.set(HttpHeaderNames.CONTENT_TYPE, "application/json");
        if (endpoint.id().isRank()) {
            to.set(DATA_PARALLEL_RANK, Integer.toString(endpoint.id().rank()));
        }
        if (apiKey != null) {
            to.set(HttpHeaderNames.AUTHORIZATION, "Bearer " + apiKey);
        }
        to.set(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(bodyBytes));
    }

    /** Takes out what Reactor Netty has put in: its own name would pass for the client's. */
    public static void withoutDefaults(ServerHttpRequest request, HttpHeaders to) {
        if (!request.getHeaders().containsHeader("User-Agent")) {
            to.remove(HttpHeaderNames.USER_AGENT);
        }
    }

    /**
     * Tells the endpoint whose request it gets: the peer is appended to the X-Forwarded-For of a trusted proxy. What anybody else
     * says of addresses is not believed, so it goes no further.
     *
     * @param to has the client's headers
     */
    private static void forwardedFor(ServerHttpRequest request, HttpHeaders to, ClientAddresses addresses) {
        InetSocketAddress socket = request.getRemoteAddress();
        InetAddress peer = socket == null ? null : socket.getAddress();
        if (peer == null || !addresses.isTrusted(peer)) {
            to.remove(FORWARDED_FOR);
            OTHER_CLAIMS.forEach(to::remove);
        }
        if (peer != null) {
            List<String> hops = to.getAll(FORWARDED_FOR);
            String text = withoutScope(peer.getHostAddress());
            to.set(FORWARDED_FOR, hops.isEmpty() ? text : String.join(", ", hops) + ", " + text);
        }
    }

    /** The name of an interface of this host, after a percent sign, says nothing elsewhere. */
    private static String withoutScope(String address) {
        int scope = address.indexOf('%');
        return scope < 0 ? address : address.substring(0, scope);
    }

    /** Without the port that everybody expects. */
    private static String host(URI endpoint) {
        int port = endpoint.getPort();
        boolean usual = port < 0 || port == ("https".equals(endpoint.getScheme()) ? 443 : 80);
        return usual ? endpoint.getHost() : endpoint.getHost() + ":" + port;
    }

    private static boolean isOurs(String name) {
        return name.equalsIgnoreCase("host")
                || name.equalsIgnoreCase("content-length")
                // A body that was encoded is inflated by now.
                || name.equalsIgnoreCase("content-encoding")
                || name.equalsIgnoreCase("expect")
                // A client could have a sidecar ask any host.
                || name.equalsIgnoreCase(PREFILLER)
                || isOwn(name);
    }

    /** Whether only the gateway itself may say this, to whichever side. */
    public static boolean isOwn(String name) {
        return name.regionMatches(true, 0, OWN_PREFIX, 0, OWN_PREFIX.length());
    }

    /**
     * Headers that belong to one connection and never pass through a proxy (RFC 9110, section 7.6.1), whichever way they go:
     * the listed ones and those that Connection names.
     */
    public static final class HopByHop {
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

        /** Whether a header of this name stays on its connection; case does not matter. */
        public boolean contains(String name) {
            return (name.length() <= 19 && ALWAYS.contains(name.toLowerCase(Locale.ROOT)))
                    || (!named.isEmpty() && named.contains(name));
        }

        private static boolean isUsual(String connection) {
            return connection.equalsIgnoreCase("keep-alive") || connection.equalsIgnoreCase("close");
        }
    }
}
