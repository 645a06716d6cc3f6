package dev.warmlane.settings;

import dev.warmlane.settings.InvalidSettingException.Check;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.event.ApplicationEnvironmentPreparedEvent;
import org.springframework.boot.context.logging.LoggingApplicationListener;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.OriginLookup;
import org.springframework.context.ApplicationListener;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.util.PlaceholderResolutionException;
import org.springframework.util.ResourceUtils;

/**
 * Checks that come early in the start, because nothing later would name the setting: Spring's settings whose mistakes end as a
 * stack trace of a library, or are ignored, and of our own settings names that do not exist, placeholders that nothing stands for,
 * and values in the place of groups. Once all files are read, and before the log begins.
 */
final class EarlyChecks implements ApplicationListener<ApplicationEnvironmentPreparedEvent>, Ordered {
    private static final int MAX_PORT = 65_535;
    private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");
    private static final String SERVER_PORT = "server.port";
    private static final String CLUSTER_PORT = "warmlane.cluster.port";
    private static final String MANAGEMENT_PORT = "management.server.port";
    private static final List<String> SWITCHES = List.of(
            "server.http2.enabled",
            "server.ssl.enabled",
            "management.server.ssl.enabled",
            "management.observations.enable.http");

    /** As Spring reads them. */
    private static final Set<String> TRUE_OR_FALSE = Set.of("true", "false", "yes", "no", "on", "off", "1", "0");

    private static final List<String> FORMATS = List.of("ecs", "gelf", "logstash");
    private static final String PREFIX = Misspelling.PREFIX + ".";
    private static final String PLACEHOLDER = "${";
    private static final Set<String> GROUPS =
            groupsBelow("", WarmlaneSettings.class).collect(Collectors.toUnmodifiableSet());

    /** How the names of Spring Boot's property sources begin that are read from a file outside of the jar. */
    private static final String OF_A_FILE = "Config resource 'file ";

    @Override
    public int getOrder() {
        return LoggingApplicationListener.DEFAULT_ORDER - 1;
    }

    /** @throws InvalidSettingException naming the first setting that cannot be used */
    @Override
    public void onApplicationEvent(ApplicationEnvironmentPreparedEvent event) {
        ConfigurableEnvironment environment = event.getEnvironment();
        checkOwn(environment);
        checkNames(environment);
        checkPorts(environment);
        checkLog(environment);
        oneOf(environment, "spring.main.web-application-type", List.of("reactive"));
        SWITCHES.forEach(key -> checkSwitch(environment, key));
    }

    /** Spring would take the text of a placeholder for the value, and ignore a value where a group of settings should be. */
    private static void checkOwn(ConfigurableEnvironment environment) {
        Set<String> seen = new HashSet<>();
        for (PropertySource<?> source : environment.getPropertySources()) {
            if (source instanceof EnumerablePropertySource<?> names) {
                for (String name : names.getPropertyNames()) {
                    Object value = name.startsWith(PREFIX) && seen.add(name) ? names.getProperty(name) : null;
                    if (value != null && !value.toString().isEmpty()) {
                        checkOwn(environment, name, value.toString());
                        checkKnown(source, name, value);
                    }
                }
            }
        }
    }

    private static void checkOwn(ConfigurableEnvironment environment, String name, String value) {
        if (isGroup(name)) {
            throw new InvalidSettingException(name, value, "settings below it, no value");
        }
        if (value.contains(PLACEHOLDER)) {
            resolve(environment, name, value);
        }
    }

    /** Spring says so only where nothing else is wrong, and a pool whose key is misspelt has no endpoints. */
    private static void checkKnown(PropertySource<?> source, String name, Object value) {
        if (!Misspelling.isOne(name)) {
            Origin origin = OriginLookup.getOrigin(source, name);
            throw new InvalidSettingException(
                    name,
                    "%s (expected: %s)%s"
                            .formatted(
                                    SettingsInForce.isSecret(name, value) ? Check.MASK : value,
                                    Misspelling.insteadOf(name),
                                    origin == null ? "" : ", from " + origin));
        }
    }

    private static boolean isGroup(String name) {
        return GROUPS.contains(Stream.of(name.substring(PREFIX.length()).split("\\.", -1))
                .map(Misspelling::canonical)
                .collect(Collectors.joining(".")));
    }

    /** The groups below a group, and theirs, by their canonical names after those above them. */
    private static Stream<String> groupsBelow(String above, Class<?> group) {
        return Stream.of(group.getRecordComponents())
                .filter(component -> component.getType().isRecord())
                .flatMap(component -> {
                    String name = above + Misspelling.canonical(component.getName());
                    return Stream.concat(Stream.of(name), groupsBelow(name + ".", component.getType()));
                });
    }

    private static void resolve(ConfigurableEnvironment environment, String name, String value) {
        try {
            environment.resolveRequiredPlaceholders(value);
        } catch (PlaceholderResolutionException e) {
            // Only the name: part of the value may be a secret.
            throw new InvalidSettingException(
                    name,
                    PLACEHOLDER + e.getPlaceholder() + "}",
                    "a variable of the environment that is set, or a default as in ${NAME:default}");
        }
    }

    /** As on the command line, but that other names are nobody's business, and that a group may be left with nothing in it. */
    private static void checkNames(ConfigurableEnvironment environment) {
        List<String> listed = new ArrayList<>();
        for (PropertySource<?> source : environment.getPropertySources()) {
            if (source.getName().startsWith(OF_A_FILE) && source instanceof EnumerablePropertySource<?> names) {
                for (String name : names.getPropertyNames()) {
                    if (!(names.getProperty(name) instanceof CharSequence value) || !value.isEmpty()) {
                        GivenSettings.checkPrefixed(name, listed);
                    }
                }
            }
        }
    }

    private static void checkPorts(ConfigurableEnvironment environment) {
        String server = port(environment, SERVER_PORT);
        String management = port(environment, MANAGEMENT_PORT);
        if (server != null && server.equals(management) && !server.equals("0")) {
            throw new InvalidSettingException(MANAGEMENT_PORT, management, "another port than server.port");
        }
        boolean clustered = Stream.of(
                        "warmlane.cluster.members", "warmlane.cluster.members[0]", "warmlane.cluster.service")
                .anyMatch(key -> !environment.getProperty(key, "").isBlank());
        String cluster = environment.getProperty(CLUSTER_PORT, "").strip();
        if (clustered && !cluster.equals("0") && (cluster.equals(server) || cluster.equals(management))) {
            throw new InvalidSettingException(
                    CLUSTER_PORT, cluster, "another port than server.port and management.server.port");
        }
    }

    private static @Nullable String port(ConfigurableEnvironment environment, String key) {
        String given = environment.getProperty(key);
        String port = given == null ? null : given.strip();
        if (port != null && (!PORT.matcher(port).matches() || Integer.parseInt(port) > MAX_PORT)) {
            throw new InvalidSettingException(key, port, "a port from 0 to 65535");
        }
        return port;
    }

    private static void checkLog(ConfigurableEnvironment environment) {
        for (String where : List.of("console", "file")) {
            String key = "logging.structured.format." + where;
            String format = environment.getProperty(key, "");
            // Whatever has a dot is a class.
            if (format.indexOf('.') < 0) {
                oneOf(environment, key, FORMATS);
            }
        }
        String configuration = environment.getProperty("logging.config", "");
        if (!configuration.isBlank()
                && !ResourceUtils.isUrl(configuration)
                && !Files.isReadable(Path.of(configuration))) {
            throw new InvalidSettingException("logging.config", configuration, "a file that can be read");
        }
        String file = environment.getProperty("logging.file.name", "");
        if (!file.isBlank() && !canBeWritten(Path.of(file).toAbsolutePath())) {
            throw new InvalidSettingException("logging.file.name", file, "a file that can be written");
        }
    }

    private static boolean canBeWritten(Path file) {
        if (Files.exists(file)) {
            return !Files.isDirectory(file) && Files.isWritable(file);
        }
        Path parent = file.getParent();
        while (parent != null && !Files.exists(parent)) {
            parent = parent.getParent();
        }
        return parent != null && Files.isDirectory(parent) && Files.isWritable(parent);
    }

    private static void checkSwitch(ConfigurableEnvironment environment, String key) {
        String value = environment.getProperty(key, "");
        if (!value.isBlank() && !TRUE_OR_FALSE.contains(value.strip().toLowerCase(Locale.ROOT))) {
            throw new InvalidSettingException(key, value, "true or false");
        }
    }

    private static void oneOf(ConfigurableEnvironment environment, String key, List<String> values) {
        String value = environment.getProperty(key, "");
        if (!value.isBlank() && !values.contains(value.toLowerCase(Locale.ROOT))) {
            throw new InvalidSettingException(key, value, String.join(", ", values));
        }
    }
}
