package dev.warmlane.settings;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The replicas of the gateway that act as one. There is a cluster if members or service is set, and then exactly one of secret,
 * secretFile and sslBundle keeps strangers out.
 *
 * @param members where replicas are, this one or not: host:port each
 * @param service the DNS name of a headless Service whose addresses are the replicas', all on this port
 * @param port the port for other replicas, never a public one
 * @param bindAddress the address of this replica that others reach it at; empty: that of the first site-local interface
 * @param name what the cluster is called; replicas of another name are no members
 * @param memberName what this replica is called, for people; empty: the host name
 * @param secret what only replicas know, at least 16 characters; they talk encrypted and refuse everybody else
 * @param secretFile a file that holds the secret; a line break at its end does not count
 * @param sslBundle the name of an SSL bundle (spring.ssl.bundle) with a certificate, and with those whom it trusts: all of them
 *     are members
 * @param joinTimeout how long a start waits to find the others; after that it goes on, and joins them later
 * @param gather how long what is to be told is gathered once there is something, 0 to 1s
 */
public record ClusterSettings(
        @DefaultValue List<String> members,
        @DefaultValue("") String service,
        @DefaultValue("7946") int port,
        @DefaultValue("") String bindAddress,
        @DefaultValue("warmlane") String name,
        @DefaultValue("") String memberName,
        @DefaultValue("") String secret,
        @DefaultValue("") String secretFile,
        @DefaultValue("") String sslBundle,
        @DefaultValue("3s") Duration joinTimeout,
        @DefaultValue("10ms") Duration gather) {

    private static final String PREFIX = "warmlane.cluster.";
    private static final int SHORTEST_SECRET = 16;
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
        if (name.isEmpty()) {
            throw new InvalidSettingException(PREFIX + "name", name, "a name");
        }
        Check.positive(PREFIX + "join-timeout", joinTimeout);
        if (gather.isNegative() || gather.compareTo(Duration.ofSeconds(1)) > 0) {
            throw new InvalidSettingException(PREFIX + "gather", gather, "0s to 1s");
        }
        if (!members.isEmpty() || !service.isEmpty()) {
            checkTrust(secret, secretFile, sslBundle);
        }
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

    /**
     * Fails if a secret is too short to keep anybody out.
     *
     * @param key the setting that it comes from
     */
    public static String checkSecret(String key, String secret) {
        if (secret.length() < SHORTEST_SECRET) {
            throw new InvalidSettingException(
                    key,
                    Secrets.MASK + " (" + secret.length() + " characters)",
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
