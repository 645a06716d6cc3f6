package dev.warmlane.settings;

import java.util.List;
import java.util.regex.Pattern;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Who may use the management port. Its address and TLS are Spring Boot's, under management.server.
 *
 * @param key Key that requests on the management port must bear, of at least 16 characters, as a bearer token or as the password of any
 *     user. Liveness and readiness need none. Empty, and no client certificates asked for: anybody who reaches the port.
 * @param keyFile File that contains the key instead. A trailing newline is ignored.
 * @param allowedHosts Names in Host and Origin under which other methods than GET are served, beside addresses, names without a dot, and
 *     those of a Kubernetes cluster.
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
                        PREFIX + "allowed-hosts", host, "names of hosts without ports, such as warmlane.example.com");
            }
        }
    }

    /**
     * Fails if a key is too short to keep anybody out.
     *
     * @param setting that it comes from
     */
    public static String checkKey(String setting, String key) {
        return ClusterSettings.checkSecret(setting, key);
    }
}
