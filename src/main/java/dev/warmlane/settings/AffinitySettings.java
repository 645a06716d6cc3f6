package dev.warmlane.settings;

import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.ClientAddresses.Cidr;
import dev.warmlane.core.vllm.GenerationRequest.SessionField;
import dev.warmlane.settings.InvalidSettingException.Check;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Session affinity: which requests belong together.
 *
 * @param keys Keys that tie a request to an endpoint, in this order: the first one that a request has decides.
 * @param session where a session id is found
 * @param clientIp how a client's address is found
 * @param ttl How long a binding is kept after its last use.
 * @param maxEntries Maximum number of bindings. Beyond it the least used are evicted.
 */
public record AffinitySettings(
        @DefaultValue({"session", "client-ip", "prompt-prefix"})
        List<String> keys,

        @DefaultValue @NestedConfigurationProperty Session session,
        @DefaultValue @NestedConfigurationProperty ClientIp clientIp,
        @DefaultValue("2h") Duration ttl,
        @DefaultValue("200000") long maxEntries) {

    /** Some twenty gigabytes of heap. */
    private static final long MOST_ENTRIES = 100_000_000;

    public AffinitySettings {
        for (String key : keys) {
            try {
                KeySource.ofLabel(key);
            } catch (IllegalArgumentException e) {
                throw new InvalidSettingException(
                        "warmlane.affinity.keys", key.isBlank() ? "empty" : key, "session, client-ip or prompt-prefix");
            }
        }
        if (!keys.stream().map(KeySource::ofLabel).allMatch(KeySource::isConfigurable)
                || keys.stream().distinct().count() != keys.size()) {
            throw new InvalidSettingException(
                    "warmlane.affinity.keys", keys, "session, client-ip and prompt-prefix, each once at most");
        }
        Check.positive("warmlane.affinity.ttl", ttl);
        Check.between("warmlane.affinity.max-entries", maxEntries, 1, MOST_ENTRIES);
    }

    /** The keys, in the order in which they are looked for. */
    public List<KeySource> sources() {
        return keys.stream().map(KeySource::ofLabel).toList();
    }

    /**
     * Where a session id is found.
     *
     * @param headers Headers that may carry a session id: the first one that a request has is used.
     * @param cookie Cookie that carries the session id if no header does. Empty: none.
     * @param bodyFields Fields of the request body that may carry a session id if no header or cookie does, in this order. Many
     *     users can send the same one, so it keeps only prompts together that continue each other. metadata.user_id counts only if it
     *     names a session, as Claude Code's does: ..._session_ID, or JSON with a session_id.
     */
    public record Session(
            @DefaultValue({"x-session-id", "session-id", "session_id", "x-claude-code-session-id", "x-session-affinity"
            })
            List<String> headers,

            @DefaultValue("session_id") String cookie,

            @DefaultValue({
                "session_id",
                "metadata.session_id",
                "vllm_xargs.session_id",
                "prompt_cache_key",
                "metadata.user_id"
            })
            List<String> bodyFields) {

        /** What a name of a header or cookie may have in it. */
        static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");

        public Session {
            parse(bodyFields);
            Check.eachOnce("warmlane.affinity.session.body-fields", bodyFields);
            for (String header : headers) {
                checkToken("warmlane.affinity.session.headers", header, "the name of a header");
            }
            Check.eachOnce(
                    "warmlane.affinity.session.headers",
                    headers.stream()
                            .map(header -> header.toLowerCase(Locale.ROOT))
                            .toList());
            if (!cookie.isEmpty()) {
                checkToken("warmlane.affinity.session.cookie", cookie, "the name of a cookie");
            }
        }

        private static void checkToken(String key, String name, String expected) {
            if (!TOKEN.matcher(name).matches()) {
                throw new InvalidSettingException(key, name.isEmpty() ? "empty" : name, expected);
            }
        }

        /** The fields of {@link #bodyFields}. */
        public List<SessionField> fields() {
            return parse(bodyFields);
        }

        private static List<SessionField> parse(List<String> paths) {
            return paths.stream()
                    .map(path -> {
                        try {
                            return SessionField.ofPath(path);
                        } catch (IllegalArgumentException e) {
                            throw new InvalidSettingException(
                                    "warmlane.affinity.session.body-fields", path, SessionField.paths());
                        }
                    })
                    .toList();
        }
    }

    /**
     * How a client's address is found.
     *
     * @param trustedProxies Addresses and networks of proxies whose X-Forwarded-For entries are trusted. Empty: the address
     *     of the connection is the client's.
     * @param sharedNetworks Addresses and networks that many clients share, such as a NAT. Requests from there are routed by
     *     the next key.
     */
    public record ClientIp(
            @DefaultValue List<String> trustedProxies,
            @DefaultValue List<String> sharedNetworks) {

        public ClientIp {
            parse("warmlane.affinity.client-ip.trusted-proxies", trustedProxies);
            parse("warmlane.affinity.client-ip.shared-networks", sharedNetworks);
        }

        /** The networks of {@link #trustedProxies}. */
        public List<Cidr> trusted() {
            return parse("warmlane.affinity.client-ip.trusted-proxies", trustedProxies);
        }

        /** The networks of {@link #sharedNetworks}. */
        public List<Cidr> shared() {
            return parse("warmlane.affinity.client-ip.shared-networks", sharedNetworks);
        }

        private static List<Cidr> parse(String key, List<String> networks) {
            return networks.stream()
                    .map(network -> {
                        try {
                            return Cidr.parse(network);
                        } catch (IllegalArgumentException e) {
                            throw new InvalidSettingException(
                                    key, network, "an address or a network such as 10.0.0.0/8");
                        }
                    })
                    .toList();
        }
    }
}
