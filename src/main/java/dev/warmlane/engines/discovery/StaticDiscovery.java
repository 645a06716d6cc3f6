package dev.warmlane.engines.discovery;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.engines.discovery.Discovery.DiscoveryStatus;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints listed in the settings by URL. The normalised URL is the endpoint's id: scheme and host in lower case, with its
 * port, without a trailing slash. In the long form its role follows: {@code http://10.0.0.1:8000 role=prefill}.
 */
public final class StaticDiscovery implements Discovery {
    private static final DiscoveryStatus FIXED = new DiscoveryStatus(DiscoveryStatus.State.SYNCED, null, null, 0, null);

    /** Segments of unreserved characters, none of which is dots alone. */
    private static final Pattern BASE = Pattern.compile("((?:/(?!\\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)+)/?");

    private static final String ROLE = "role=";

    private final EndpointPool pool;
    private final List<Endpoint> endpoints;

    /**
     * @param pool where the endpoints go; nothing else should replace them
     * @param urls such as {@code http://10.0.0.1:8000}, maybe with a role behind
     * @throws IllegalArgumentException naming the first that is not an endpoint's URL or is there twice
     */
    public StaticDiscovery(EndpointPool pool, List<String> urls) {
        this.pool = pool;
        this.endpoints = endpoints(urls);
    }

    @Override
    public @Nullable String source() {
        return null;
    }

    @Override
    public void start() {
        pool.replace(endpoints);
    }

    @Override
    public DiscoveryStatus status() {
        return FIXED;
    }

    @Override
    public void close() {
        // There is nothing to stop.
    }

    /**
     * The endpoints at these URLs, in the same order.
     *
     * @throws IllegalArgumentException naming the first that is not an endpoint's URL or is there twice
     */
    public static List<Endpoint> endpoints(List<String> urls) {
        Map<URI, Integer> seen = new LinkedHashMap<>();
        List<Endpoint> endpoints = new ArrayList<>(urls.size());
        for (int i = 0; i < urls.size(); i++) {
            String setting = "endpoints[" + i + "]";
            String[] parts = urls.get(i).strip().split("\\s+", 2);
            URI uri = parse(setting, parts[0]);
            Integer earlier = seen.putIfAbsent(uri, i);
            if (earlier != null) {
                throw new IllegalArgumentException(
                        "endpoints[%d]: %s (expected: another one than endpoints[%d])".formatted(i, uri, earlier));
            }
            endpoints.add(Endpoint.ofUri(uri).withRole(parts.length == 1 ? Role.BOTH : role(setting, parts[1])));
        }
        return List.copyOf(endpoints);
    }

    private static Role role(String setting, String text) {
        Role role = text.startsWith(ROLE) ? Role.of(text.substring(ROLE.length())) : null;
        if (role == null) {
            throw refused(setting, text, "role=both, role=prefill or role=decode");
        }
        return role;
    }

    private static URI parse(String setting, String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw refused(setting, url, "a URL such as http://10.0.0.1:8000");
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw refused(setting, url, "http://host:port or https://host:port");
        }
        if (uri.getHost() == null) {
            throw refused(setting, url, "a host: an IP address or a DNS name");
        }
        if (uri.getUserInfo() != null) {
            throw refused(setting, url, "no user or password");
        }
        String base = base(uri.getRawPath());
        if (base == null || uri.getRawQuery() != null || uri.getRawFragment() != null) {
            throw refused(setting, url, "scheme, host and port, and maybe a plain path");
        }
        if (base.endsWith("/v1")) {
            throw refused(setting, url, "no /v1, which is part of the requests' paths");
        }
        String host = withoutBrackets(uri.getHost().toLowerCase(Locale.ROOT));
        String refusal = AllowedHosts.refusal(host);
        if (refusal != null) {
            throw refused(setting, url, "the address of a vLLM server, this is a " + refusal);
        }
        int port = uri.getPort() >= 0 ? uri.getPort() : scheme.equals("https") ? 443 : 80;
        if (port < 1 || port > 65535) {
            throw refused(setting, url, "a port from 1 to 65535");
        }
        return URI.create(scheme + "://" + AllowedHosts.inUri(host) + ":" + port + base);
    }

    /** Leaves a URL that may contain a password out of the message. */
    private static IllegalArgumentException refused(String setting, String url, String expected) {
        String shown = url.matches("[^@?#]{0,200}") ? url : "(not shown)";
        return new IllegalArgumentException("%s: %s (expected: %s)".formatted(setting, shown, expected));
    }

    private static String withoutBrackets(String host) {
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /** What comes before the paths of requests, without a slash at its end; null if it is no plain path. */
    private static @Nullable String base(@Nullable String path) {
        if (path == null || path.isEmpty() || path.equals("/")) {
            return "";
        }
        Matcher plain = BASE.matcher(path);
        return plain.matches() ? plain.group(1) : null;
    }
}
