package dev.warmlane.ops.actuator;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/**
 * Tells requests that a web page of somebody else makes an operator's browser send. Such a page names itself in Origin, or it has
 * had its own name resolve to the gateway (DNS rebinding), and then that name is in Host. So Host must be an address, or a name
 * that nobody else can own. Immutable.
 */
final class ForeignPages {
    /** Of no domain that can be registered (RFC 6761, Kubernetes). */
    private static final List<String> LOCAL_DOMAINS = List.of(".localhost", ".svc", ".cluster.local", ".internal");

    private final Set<String> allowedHosts;

    ForeignPages(List<String> allowedHosts) {
        this.allowedHosts = allowedHosts.stream()
                .map(host -> host.toLowerCase(Locale.ROOT))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Why a request may be of such a page; null if it is not. */
    @Nullable
    String problem(HttpHeaders headers) {
        String site = headers.getFirst("Sec-Fetch-Site");
        if (site != null && !site.equals("same-origin") && !site.equals("none")) {
            return "It comes from a page of another site.";
        }
        String host = headers.getFirst(HttpHeaders.HOST);
        String name = host == null ? null : nameOf("http://" + host);
        if (name == null || !isOurs(name)) {
            return "Its Host is not known (expected: an address, or a name in warmlane.management.allowed-hosts).";
        }
        for (String origin : headers.getOrEmpty(HttpHeaders.ORIGIN)) {
            String originName = nameOf(origin);
            boolean sameHost = origin.substring(origin.indexOf("//") + 2).equalsIgnoreCase(host);
            if (originName == null || !(sameHost || allowedHosts.contains(originName))) {
                return "It comes from a page of another origin.";
            }
        }
        return null;
    }

    private boolean isOurs(String name) {
        boolean address = name.startsWith("[") || name.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
        return address
                || name.indexOf('.') < 0
                || LOCAL_DOMAINS.stream().anyMatch(name::endsWith)
                || allowedHosts.contains(name);
    }

    /** The host of a URL, lower case; null if it has none. */
    private static @Nullable String nameOf(String url) {
        try {
            String host = new URI(url).getHost();
            return host == null ? null : host.toLowerCase(Locale.ROOT);
        } catch (URISyntaxException e) {
            return null;
        }
    }
}
