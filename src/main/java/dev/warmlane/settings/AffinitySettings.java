package dev.warmlane.settings;

import dev.warmlane.core.affinity.Cidr;
import dev.warmlane.core.affinity.KeySource;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What makes requests belong together.
 *
 * @param keys which keys are looked for, the first that a request has decides: session, client-ip, prompt-prefix
 * @param session where a session id is found
 * @param clientIp how far X-Forwarded-For is believed
 * @param ttl how long a binding outlives its last use
 * @param maxEntries bindings kept at most; past it those used least go first
 */
public record AffinitySettings(
        @DefaultValue({"session", "client-ip", "prompt-prefix"})
        List<String> keys,

        @DefaultValue @NestedConfigurationProperty Session session,
        @DefaultValue @NestedConfigurationProperty ClientIp clientIp,
        @DefaultValue("2h") Duration ttl,
        @DefaultValue("200000") long maxEntries) {

    public AffinitySettings {
        for (String key : keys) {
            try {
                KeySource.ofLabel(key);
            } catch (IllegalArgumentException e) {
                throw new InvalidSettingException("warmlane.affinity.keys", key, "session, client-ip or prompt-prefix");
            }
        }
        if (keys.contains(KeySource.NONE.label()) || keys.stream().distinct().count() != keys.size()) {
            throw new InvalidSettingException(
                    "warmlane.affinity.keys", keys, "session, client-ip and prompt-prefix, each once at most");
        }
        Check.positive("warmlane.affinity.ttl", ttl);
        Check.atLeast("warmlane.affinity.max-entries", maxEntries, 1);
    }

    /** The keys, in the order in which they are looked for. */
    public List<KeySource> sources() {
        return keys.stream().map(KeySource::ofLabel).toList();
    }

    /**
     * Where a session id is found.
     *
     * @param headers the first of these that a request has
     * @param cookie else this cookie; empty: none
     */
    public record Session(
            @DefaultValue({"x-session-id", "session-id", "session_id", "x-claude-code-session-id", "x-session-affinity"
            })
            List<String> headers,

            @DefaultValue("session_id") String cookie) {}

    /**
     * How far X-Forwarded-For is believed.
     *
     * @param trustedProxies addresses and networks of proxies whose entries are believed; empty: the peer is the client
     * @param sharedNetworks addresses and networks that say nothing of one client, such as a NAT; the next key decides
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
