package dev.warmlane.settings;

import dev.warmlane.settings.InvalidSettingException.Check;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The cluster of replicas. Replicas form one if members or service is set, and then exactly one of secret, secretFile and
 * sslBundle keeps everybody else out.
 *
 * @param members List of the replicas' addresses, host:port each. It may include this replica. Empty, and no service: no
 *     cluster.
 * @param service DNS name of a headless Service whose addresses are those of the replicas, all on warmlane.cluster.port.
 * @param port Port for the other replicas. Never make it public.
 * @param bindAddress Address of this replica that the others connect to. Empty: a site-local one if there is any.
 * @param advertisedAddress Where the others reach this replica, host:port, if that is not bind-address and port: behind a
 *     published container port or a proxy. Empty: bind-address and port.
 * @param name Name of the cluster. Replicas with another name are not members.
 * @param memberName Name of this replica, for people. Empty: the host name.
 * @param secret Secret that all replicas share, of at least 16 characters. It authenticates and encrypts their connections.
 * @param secretFile File that contains warmlane.cluster.secret instead. A trailing newline is ignored.
 * @param sslBundle Bundle of spring.ssl.bundle for mutual TLS between replicas instead of a secret. Whoever has a certificate
 *     that its trust store trusts is a member.
 * @param joinTimeout How long a start waits to join the other replicas, at most 10m. After that it goes on, and joins them later.
 * @param gather How long messages are gathered before they are sent together, from 0s to 1s.
 */
public record ClusterSettings(
        @DefaultValue List<String> members,
        @DefaultValue("") String service,
        @DefaultValue("7946") int port,
        @DefaultValue("") String bindAddress,
        @DefaultValue("") String advertisedAddress,
        @DefaultValue("warmlane") String name,
        @DefaultValue("") String memberName,
        @DefaultValue("") String secret,
        @DefaultValue("") String secretFile,
        @DefaultValue("") String sslBundle,
        @DefaultValue("3s") Duration joinTimeout,
        @DefaultValue("20ms") Duration gather) {

    private static final String PREFIX = "warmlane.cluster.";
    private static final int SHORTEST_SECRET = 16;

    /** After a longer wait, a replica would be taken for one that hangs. */
    private static final Duration LONGEST_JOIN = Duration.ofMinutes(10);

    private static final Pattern HOST_AND_PORT = Pattern.compile("(\\[[0-9a-fA-F:.]+]|[^\\s:/\\[\\]]+):(\\d{1,5})");

    public ClusterSettings {
        members = List.copyOf(members);
        if (!members.isEmpty() && !service.isEmpty()) {
            throw new InvalidSettingException(PREFIX + "service", service, "nothing, since members are listed");
        }
        for (int i = 0; i < members.size(); i++) {
            address(PREFIX + "members[" + i + "]", members.get(i));
        }
        checkPort(PREFIX + "port", port, port);
        if (!advertisedAddress.isEmpty()) {
            address(PREFIX + "advertised-address", advertisedAddress);
        }
        if (name.isEmpty()) {
            throw new InvalidSettingException(PREFIX + "name", name, "a name");
        }
        Check.positive(PREFIX + "join-timeout", joinTimeout);
        Check.atMost(PREFIX + "join-timeout", joinTimeout, LONGEST_JOIN);
        if (gather.isNegative() || gather.compareTo(Duration.ofSeconds(1)) > 0) {
            throw new InvalidSettingException(PREFIX + "gather", gather, "0s to 1s");
        }
        if (!members.isEmpty() || !service.isEmpty()) {
            checkTrust(secret, secretFile, sslBundle);
        }
    }

    /** Whether this is meant to join replicas, but does not say where the others are. */
    public boolean incomplete() {
        return !enabled()
                && Stream.of(secret, secretFile, sslBundle, advertisedAddress).anyMatch(given -> !given.isEmpty());
    }

    /** Whether there are other replicas. */
    public boolean enabled() {
        return !members.isEmpty() || !service.isEmpty();
    }

    /** Where other replicas may be found, with names that are not yet looked up. */
    public List<InetSocketAddress> seeds() {
        if (!service.isEmpty()) {
            return List.of(InetSocketAddress.createUnresolved(service, port));
        }
        List<InetSocketAddress> seeds = new ArrayList<>();
        for (String member : members) {
            seeds.add(address(PREFIX + "members", member));
        }
        return seeds;
    }

    /** Where the others reach this replica, with a name that is not yet looked up; empty: at its bind address and port. */
    public Optional<InetSocketAddress> advertised() {
        return advertisedAddress.isEmpty()
                ? Optional.empty()
                : Optional.of(address(PREFIX + "advertised-address", advertisedAddress));
    }

    /**
     * Fails if a secret is too short to keep anybody out.
     *
     * @param key the setting that it comes from
     */
    public static String checkSecret(String key, String secret) {
        if (secret.length() < SHORTEST_SECRET) {
            throw new InvalidSettingException(
                    key,
                    Check.MASK + " (" + secret.length() + " characters)",
                    "at least " + SHORTEST_SECRET + " characters");
        }
        return secret;
    }

    private static void checkTrust(String secret, String secretFile, String sslBundle) {
        List<String> given = new ArrayList<>();
        if (!secret.isEmpty()) {
            given.add("secret");
        }
        if (!secretFile.isEmpty()) {
            given.add("secret-file");
        }
        if (!sslBundle.isEmpty()) {
            given.add("ssl-bundle");
        }
        if (given.size() != 1) {
            throw new InvalidSettingException(
                    PREFIX + (given.isEmpty() ? "secret" : given.get(given.size() - 1)),
                    given.isEmpty() ? "not set" : String.join(" and ", given),
                    "one of secret, secret-file and ssl-bundle, since a cluster keeps strangers out");
        }
        if (!secret.isEmpty()) {
            checkSecret(PREFIX + "secret", secret);
        }
    }

    private static InetSocketAddress address(String key, String member) {
        Matcher matcher = HOST_AND_PORT.matcher(member);
        if (!matcher.matches()) {
            throw new InvalidSettingException(key, member, "host:port");
        }
        int port = Integer.parseInt(matcher.group(2));
        checkPort(key, port, member);
        return InetSocketAddress.createUnresolved(matcher.group(1).replaceAll("[\\[\\]]", ""), port);
    }

    private static void checkPort(String key, int port, Object value) {
        if (port < 1 || port > 65_535) {
            throw new InvalidSettingException(key, value, "a port from 1 to 65535");
        }
    }
}
