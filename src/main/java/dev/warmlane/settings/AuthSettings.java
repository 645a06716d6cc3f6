package dev.warmlane.settings;

import dev.warmlane.settings.InvalidSettingException.Check;
import java.net.URI;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationPropertiesSource;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Who may send requests: everybody, unless a file of keys or an identity provider is set.
 *
 * @param keysFile File of hashed API keys, such as a mounted Secret. Empty: none.
 * @param reload Time between two checks of warmlane.auth.keys-file for changes.
 * @param outputTokens Generated tokens that are reserved of a client's tokens-per-minute for a request that names no maximum, until
 *     it ends.
 * @param oidc the identity provider whose tokens are accepted
 */
public record AuthSettings(
        @DefaultValue("") String keysFile,
        @DefaultValue("10s") Duration reload,
        @DefaultValue("512") int outputTokens,
        @DefaultValue @NestedConfigurationProperty OidcSettings oidc) {

    public AuthSettings {
        Check.positive("warmlane.auth.reload", reload);
        Check.atLeast("warmlane.auth.output-tokens", outputTokens, 0);
    }

    /** Whether anybody is asked who they are. */
    public boolean enabled() {
        return !keysFile.isEmpty() || oidc.enabled();
    }

    /**
     * The identity provider. Its tokens are JWTs that are signed by one of its keys, have not expired, and name the gateway as
     * audience.
     *
     * @param issuerUri Issuer that tokens must name. The provider is discovered there. Empty: the issuer is not checked.
     * @param jwkSetUri URL of the provider's keys. Empty: as discovered at the issuer.
     * @param audiences Audiences of which a token must name at least one.
     * @param algorithms Signature algorithms that are accepted: RS, ES or PS with 256, 384 or 512.
     * @param tenantClaim Claim that names the tenant. Empty: each subject is a tenant of its own.
     * @param groupClaim Claim that lists the groups of a token's subject.
     * @param groups What the members of each group may do: the first group that a subject is in counts, and one in no group is
     *     refused. Empty: everybody may do everything.
     * @param timeout Timeout of a request to the provider.
     */
    public record OidcSettings(
            @DefaultValue("") String issuerUri,
            @DefaultValue("") String jwkSetUri,
            @DefaultValue List<String> audiences,
            @DefaultValue({"RS256", "ES256"}) List<String> algorithms,
            @DefaultValue("") String tenantClaim,
            @DefaultValue("groups") String groupClaim,
            @DefaultValue List<GroupSettings> groups,
            @DefaultValue("5s") Duration timeout) {

        private static final List<String> ALGORITHMS =
                List.of("RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512");

        public OidcSettings {
            checkUri("warmlane.auth.oidc.issuer-uri", issuerUri);
            checkUri("warmlane.auth.oidc.jwk-set-uri", jwkSetUri);
            if (audiences.isEmpty() && !(issuerUri.isEmpty() && jwkSetUri.isEmpty())) {
                throw new InvalidSettingException(
                        "warmlane.auth.oidc.audiences", "[]", "what tokens for this gateway name as their audience");
            }
            if (algorithms.isEmpty() || !ALGORITHMS.containsAll(algorithms)) {
                throw new InvalidSettingException(
                        "warmlane.auth.oidc.algorithms", algorithms, "some of " + String.join(", ", ALGORITHMS));
            }
            if (audiences.stream().anyMatch(String::isBlank)) {
                throw new InvalidSettingException("warmlane.auth.oidc.audiences", "blank", "names of audiences");
            }
            if (groupClaim.isBlank() && !groups.isEmpty()) {
                throw new InvalidSettingException(
                        "warmlane.auth.oidc.group-claim", "blank", "the name of a claim, since groups are set");
            }
            Set<String> names = new HashSet<>();
            for (int i = 0; i < groups.size(); i++) {
                String key = "warmlane.auth.oidc.groups[" + i + "]";
                groups.get(i).check(key);
                if (!names.add(groups.get(i).name())) {
                    throw new InvalidSettingException(
                            key + ".name", groups.get(i).name(), "a name that no group before it has");
                }
            }
            if (issuerUri.isEmpty() && jwkSetUri.isEmpty()) {
                checkWithoutProvider("audiences", audiences.isEmpty() ? "" : audiences.toString());
                checkWithoutProvider("tenant-claim", tenantClaim);
                checkWithoutProvider("groups", groups.isEmpty() ? "" : "set");
            }
            Check.positive("warmlane.auth.oidc.timeout", timeout);
        }

        /** Whether tokens are accepted. */
        public boolean enabled() {
            return !issuerUri.isEmpty() || !jwkSetUri.isEmpty();
        }

        /** Whoever sets one of these wants no one in without a token; without the provider, everybody would be let in. */
        private static void checkWithoutProvider(String name, String value) {
            if (!value.isEmpty()) {
                throw new InvalidSettingException(
                        "warmlane.auth.oidc." + name, value, "nothing, unless issuer-uri or jwk-set-uri is set");
            }
        }

        private static void checkUri(String key, String uri) {
            if (!uri.isEmpty() && !isUrl(uri)) {
                throw new InvalidSettingException(key, uri, "a URL such as https://id.example.org");
            }
        }

        private static boolean isUrl(String uri) {
            try {
                return (uri.startsWith("https://") || uri.startsWith("http://"))
                        && URI.create(uri).getHost() != null;
            } catch (IllegalArgumentException e) {
                return false;
            }
        }

        /**
         * What the members of a group may do.
         *
         * @param name Name of the group, required, as in warmlane.auth.oidc.group-claim. It also appears in metrics and logs.
         * @param tenant Tenant that the members belong to. Absent: as their token says.
         * @param models Models that the members may use. Empty: all.
         * @param requestsPerMinute Requests a minute for each member. 0: no limit.
         * @param tokensPerMinute Tokens a minute, prompt and generated, for each member. 0: no limit.
         * @param priority Priority in the queue: lower goes first.
         */
        @ConfigurationPropertiesSource
        public record GroupSettings(
                String name,
                @Nullable String tenant,
                @DefaultValue List<String> models,
                @DefaultValue("0") long requestsPerMinute,
                @DefaultValue("0") long tokensPerMinute,
                @DefaultValue("0") int priority) {

            void check(String key) {
                if (name == null || name.isBlank()) {
                    throw new InvalidSettingException(key + ".name", name, "the name of a group");
                }
                PoolSettings.checkModels(key, models);
                Check.atLeast(key + ".requests-per-minute", requestsPerMinute, 0);
                Check.atLeast(key + ".tokens-per-minute", tokensPerMinute, 0);
            }
        }
    }

    /**
     * Who may use the management port. Its address and TLS are Spring Boot's, under management.server.
     *
     * @param key Key that requests on the management port must bear, of at least 16 characters, as a bearer token or as the password of any
     *     user. Liveness and readiness need none. Empty, and no client certificates asked for: anybody who reaches the port.
     * @param keyFile File that contains warmlane.management.key instead. A trailing newline is ignored.
     * @param allowedHosts Names in Host and Origin under which requests are served, besides addresses, names without a dot, and those of a
     *     Kubernetes cluster. Empty: GET is served under any name.
     * @param connections Maximum number of connections to the management port. Those beyond it are closed, as are those that have not sent a
     *     request within warmlane.limits.header-timeout.
     */
    public record ManagementSettings(
            @DefaultValue("") String key,
            @DefaultValue("") String keyFile,
            @DefaultValue List<String> allowedHosts,
            @DefaultValue("128") int connections) {

        private static final String PREFIX = "warmlane.management.";
        private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._-]+");

        public ManagementSettings {
            allowedHosts = List.copyOf(allowedHosts);
            Check.atLeast(PREFIX + "connections", connections, 1);
            if (!key.isEmpty() && !keyFile.isEmpty()) {
                throw new InvalidSettingException(PREFIX + "key-file", keyFile, "nothing, since key is set");
            }
            if (!key.isEmpty()) {
                checkKey(PREFIX + "key", key);
            }
            for (String host : allowedHosts) {
                if (!HOST.matcher(host).matches()) {
                    throw new InvalidSettingException(
                            PREFIX + "allowed-hosts",
                            host,
                            "names of hosts without ports, such as warmlane.example.com");
                }
            }
        }

        /**
         * Fails if a key is too short to keep anybody out, or if nobody can bear it: spaces around a bearer token are not part of it.
         *
         * @param setting that it comes from
         */
        public static String checkKey(String setting, String key) {
            if (!key.equals(key.strip())) {
                throw new InvalidSettingException(setting, Check.MASK, "no space before or behind the key");
            }
            return ClusterSettings.checkSecret(setting, key);
        }
    }

    /**
     * Which web pages may send requests from browsers (CORS).
     *
     * @param allowedOrigins Origins of web pages that may send requests, such as https://chat.example.com, or * for all. Empty:
     *     the gateway adds no CORS headers, and those of engines pass.
     * @param allowedMethods Methods that pages of warmlane.cors.allowed-origins may use.
     * @param allowedHeaders Request headers that pages of warmlane.cors.allowed-origins may send, or * for all.
     * @param maxAge How long browsers may remember the response to a preflight.
     */
    public record CorsSettings(
            @DefaultValue List<String> allowedOrigins,
            @DefaultValue({"GET", "HEAD", "POST"}) List<String> allowedMethods,
            @DefaultValue("*") List<String> allowedHeaders,
            @DefaultValue("10m") Duration maxAge) {
        /** Stands for all. */
        public static final String ANY = "*";

        /** As browsers spell it: no path, no upper case. */
        private static final Pattern ORIGIN = Pattern.compile("[a-z][a-z0-9+.-]*://[a-z0-9.\\[\\]:_-]+");

        /** Browsers tell lower case from upper case. */
        private static final Pattern METHOD = Pattern.compile("[A-Z-]+");

        private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");

        public CorsSettings {
            allowedOrigins = List.copyOf(allowedOrigins);
            allowedMethods = List.copyOf(allowedMethods);
            allowedHeaders = List.copyOf(allowedHeaders);
            check(
                    "allowed-origins",
                    allowedOrigins,
                    Pattern.compile("\\*|" + ORIGIN),
                    "* or origins as browsers send them, such as https://chat.example.com");
            check("allowed-methods", allowedMethods, METHOD, "methods in upper case, such as GET");
            check("allowed-headers", allowedHeaders, TOKEN, "* or names of headers");
            Check.notNegative("warmlane.cors.max-age", maxAge);
        }

        private static void check(String name, List<String> values, Pattern shape, String expected) {
            for (String value : values) {
                if (!shape.matcher(value).matches()) {
                    throw new InvalidSettingException("warmlane.cors." + name, value, expected);
                }
            }
        }
    }
}
