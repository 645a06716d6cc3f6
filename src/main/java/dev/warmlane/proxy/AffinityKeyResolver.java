package dev.warmlane.proxy;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.ClientAddresses;
import dev.warmlane.core.prefix.PromptBeginning.Sender;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.vllm.GenerationRequest.SessionField;
import dev.warmlane.proxy.access.Tenants.Tenant;
import dev.warmlane.proxy.body.RequestBody;
import dev.warmlane.proxy.http.WebSocketUpgrade;
import dev.warmlane.settings.AffinitySettings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpCookie;
import org.springframework.http.server.reactive.ServerHttpRequest;

/** Finds what ties a request to an endpoint: the first of the configured keys that it has. */
final class AffinityKeyResolver {
    private final List<KeySource> sources;
    private final List<String> sessionHeaders;
    private final String sessionCookie;
    private final List<SessionField> bodyFields;
    private final ClientAddresses clientAddresses;

    AffinityKeyResolver(AffinitySettings settings) {
        this.sources = settings.sources();
        this.sessionHeaders = settings.session().headers();
        this.sessionCookie = settings.session().cookie();
        this.bodyFields = settings.session().fields();
        this.clientAddresses = addresses(settings.clientIp());
    }

    static ClientAddresses addresses(AffinitySettings.ClientIp settings) {
        return new ClientAddresses(settings.trusted(), settings.shared());
    }

    /**
     * The key of a request.
     *
     * @param scope as {@link AffinityKey#scope} says
     * @param tenant whose key it is; null: nobody's in particular
     * @param body is read only where no earlier key decides
     */
    AffinityKey resolve(String scope, @Nullable Tenant tenant, ServerHttpRequest request, RequestBody body) {
        for (KeySource source : sources) {
            if (source == KeySource.PROMPT_PREFIX) {
                PromptBlocks blocks = body.prompt();
                if (blocks.length() > 0) {
                    return AffinityKey.promptPrefix(blocks.hash(blocks.length() - 1));
                }
                continue;
            }
            AffinityKey key = key(source, scope, tenant, request, body);
            if (key != null) {
                return key;
            }
        }
        return AffinityKey.none(ThreadLocalRandom.current().nextLong());
    }

    /** The key that stays the same as a conversation goes on: whatever else comes first, never that of the prompt. */
    AffinityKey sticky(String scope, @Nullable Tenant tenant, ServerHttpRequest request, RequestBody body) {
        for (KeySource source : sources) {
            AffinityKey key = source == KeySource.PROMPT_PREFIX ? null : key(source, scope, tenant, request, body);
            if (key != null) {
                return key;
            }
        }
        return AffinityKey.none(ThreadLocalRandom.current().nextLong());
    }

    private @Nullable AffinityKey key(
            KeySource source, String scope, @Nullable Tenant tenant, ServerHttpRequest request, RequestBody body) {
        String value = source == KeySource.SESSION ? session(request) : clientAddress(request);
        KeySource found = source;
        if (value == null && source == KeySource.SESSION && !bodyFields.isEmpty()) {
            value = body.session(bodyFields);
            found = KeySource.BODY_SESSION;
        }
        if (value == null) {
            return null;
        }
        return tenant == null ? AffinityKey.of(scope, found, value) : tenant.key(scope, found, value);
    }

    /** The sender of a request, as far as session and address show it. */
    Sender sender(AffinityKey key, ServerHttpRequest request) {
        String address = clientAddress(request);
        return new Sender(
                key.source().binds() ? key.hash() : 0,
                address == null
                        ? 0
                        : AffinityKey.of("", KeySource.CLIENT_IP, address).hash());
    }

    private @Nullable String session(ServerHttpRequest request) {
        for (String header : sessionHeaders) {
            String value = request.getHeaders().getFirst(header);
            if (value != null && !value.isBlank()) {
                return value;
            }
        }
        if (request.getURI().getRawQuery() != null && WebSocketUpgrade.isAsked(request)) {
            for (String header : sessionHeaders) {
                String value = WebSocketUpgrade.parameter(request, header);
                if (value != null) {
                    return value;
                }
            }
        }
        if (sessionCookie.isEmpty() || !request.getHeaders().containsHeader("Cookie")) {
            return null;
        }
        HttpCookie cookie = request.getCookies().getFirst(sessionCookie);
        return cookie == null || cookie.getValue().isBlank() ? null : cookie.getValue();
    }

    private @Nullable String clientAddress(ServerHttpRequest request) {
        InetSocketAddress peer = request.getRemoteAddress();
        if (peer == null || peer.getAddress() == null) {
            return null;
        }
        List<String> forwardedFor = request.getHeaders().getOrEmpty("X-Forwarded-For");
        InetAddress client = clientAddresses.client(peer.getAddress(), forwardedFor);
        return client == null ? null : client.getHostAddress();
    }
}
