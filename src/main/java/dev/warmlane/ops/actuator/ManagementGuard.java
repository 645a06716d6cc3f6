package dev.warmlane.ops.actuator;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.warmlane.proxy.error.ApiException;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.SslInfo;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Says who may use the management port. Where a key or client certificates are asked for, only who brings one; everybody may ask
 * whether the gateway is alive and ready, but not for details. Whatever is not a GET must not come from a page of somebody else,
 * and where names are listed nobody reads anything under another one. Safe for concurrent use.
 */
public final class ManagementGuard implements WebFilter, Ordered {
    private static final String CHALLENGE = "Basic realm=\"warmlane\", charset=\"UTF-8\"";
    private static final Set<String> FOR_EVERYBODY = Set.of("/actuator/health/liveness", "/actuator/health/readiness");

    /** Who may see details of health. */
    private static final Authentication OPERATOR =
            UsernamePasswordAuthenticationToken.authenticated("operator", null, List.of());

    private final byte @Nullable [] key;
    private final boolean certificates;
    private final ForeignPages pages;

    /**
     * @param key that opens the port; null: none does
     * @param certificates whether clients are asked for certificates, so that one that is trusted opens the port
     * @param allowedHosts names of this port, beside those that are nobody else's
     */
    public ManagementGuard(@Nullable String key, boolean certificates, List<String> allowedHosts) {
        this.key = key == null ? null : key.getBytes(UTF_8);
        this.certificates = certificates;
        this.pages = new ForeignPages(allowedHosts);
    }

    @Override
    public int getOrder() {
        return HIGHEST_PRECEDENCE;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        ServerHttpRequest request = exchange.getRequest();
        boolean get = HttpMethod.GET.equals(request.getMethod());
        boolean forEverybody = get && FOR_EVERYBODY.contains(request.getPath().value());
        String foreign = forEverybody
                ? null
                : get ? pages.problemOfReading(request.getHeaders()) : pages.problem(request.getHeaders());
        if (foreign != null) {
            return Mono.error(ApiException.forbidden(null, "foreign_request", "The request was refused. " + foreign));
        }
        if (isOperator(request)) {
            return chain.filter(exchange).contextWrite(ReactiveSecurityContextHolder.withAuthentication(OPERATOR));
        }
        if (forEverybody) {
            return chain.filter(exchange);
        }
        exchange.getResponse().getHeaders().set(HttpHeaders.WWW_AUTHENTICATE, CHALLENGE);
        return Mono.error(ApiException.unauthenticated("The management port needs a key or a client certificate."));
    }

    private boolean isOperator(ServerHttpRequest request) {
        if (key == null && !certificates) {
            return true;
        }
        SslInfo tls = request.getSslInfo();
        return (certificates
                        && tls != null
                        && tls.getPeerCertificates() != null
                        && tls.getPeerCertificates().length > 0)
                || (key != null
                        && MessageDigest.isEqual(key, keyOf(request.getHeaders().getFirst("Authorization"))));
    }

    /** The token of a bearer, or the password of any user; empty if there is neither. */
    private static byte[] keyOf(@Nullable String authorization) {
        if (authorization != null && authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
            return authorization.substring(7).strip().getBytes(UTF_8);
        }
        if (authorization != null && authorization.regionMatches(true, 0, "Basic ", 0, 6)) {
            try {
                String pair = new String(
                        Base64.getDecoder().decode(authorization.substring(6).strip()), UTF_8);
                return pair.substring(pair.indexOf(':') + 1).getBytes(UTF_8);
            } catch (IllegalArgumentException e) {
                return new byte[0];
            }
        }
        return new byte[0];
    }

    /**
     * Tells requests that a web page of somebody else makes an operator's browser send. Such a page names itself in Origin, or it has
     * had its own name resolve to the gateway (DNS rebinding), and then that name is in Host. So Host must be an address, or a name
     * that nobody else can own. Immutable.
     */
    private static final class ForeignPages {
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
            String unknown = unknownHost(headers);
            if (unknown != null) {
                return unknown;
            }
            String host = headers.getFirst(HttpHeaders.HOST);
            for (String origin : headers.getOrEmpty(HttpHeaders.ORIGIN)) {
                String originName = nameOf(origin);
                boolean sameHost = origin.substring(origin.indexOf("//") + 2).equalsIgnoreCase(host);
                if (originName == null || !(sameHost || allowedHosts.contains(originName))) {
                    return "It comes from a page of another origin.";
                }
            }
            return null;
        }

        /** The same of a request that only reads: without a list of names any will do, as nobody knows how monitoring calls this port. */
        @Nullable
        String problemOfReading(HttpHeaders headers) {
            return allowedHosts.isEmpty() ? null : unknownHost(headers);
        }

        private @Nullable String unknownHost(HttpHeaders headers) {
            String host = headers.getFirst(HttpHeaders.HOST);
            String name = host == null ? null : nameOf("http://" + host);
            return name != null && isOurs(name)
                    ? null
                    : "Its Host is not known (expected: an address, or a name in warmlane.management.allowed-hosts).";
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
}
