package dev.warmlane.settings;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.springframework.boot.context.event.ApplicationContextInitializedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.PropertySource;

/**
 * What is given on the command line of the gateway: settings as {@code --name=value} and nothing else. A name of Spring's own
 * prefixes has to be one that its libraries list; the gateway's own names are checked when they are bound. Other names may be
 * placeholders in an operator's file, or be read by an operator's jar, unless they are close to an existing name.
 */
public final class GivenSettings {
    private static final List<String> PREFIXES = List.of("server", "management", "spring", "logging");

    /** One word or several with dashes: no setting is called so. Placeholders are written as in the environment. */
    private static final Pattern WORD = Pattern.compile("[a-z][A-Za-z0-9-]*");

    private static final String ROUTES = "spring.cloud.gateway.server.webflux.routes[";
    private static final Pattern FLAGS = Pattern.compile("--(debug|trace)(=.*)?");
    private static final String METADATA = "META-INF/%sspring-configuration-metadata.json";
    private static final List<String> OFTEN = List.of(
            "warmlane.endpoints",
            "server.port",
            "server.address",
            "server.ssl.bundle",
            "management.server.port",
            "management.server.address",
            "spring.profiles.active",
            "spring.config.additional-location");

    private GivenSettings() {}

    /** @throws InvalidSettingException naming the first argument that is no setting, or whose name does not exist */
    public static void check(List<String> arguments) {
        List<String> listed = new ArrayList<>();
        for (String argument : arguments) {
            if (FLAGS.matcher(argument).matches()) {
                continue;
            }
            int equals = argument.indexOf('=');
            if (!argument.startsWith("--") || equals < 3) {
                throw new InvalidSettingException(
                        argument,
                        "no setting (expected: --name=value, such as --warmlane.endpoints=http://10.0.0.1:8000)");
            }
            checkName(argument.substring(2, equals), listed);
        }
    }

    private static void checkName(String written, List<String> listed) {
        if (WORD.matcher(written).matches()) {
            throw unknown(written, Misspelling.endingIn(kebabCase(written), OFTEN));
        }
        checkPrefixed(written, listed);
    }

    /**
     * Checks a name that has one of the prefixes, or one that is near and would exist with it.
     *
     * @param listed the metadata, which is read into it once somebody asks
     * @throws InvalidSettingException if it does not exist
     */
    static void checkPrefixed(String written, List<String> listed) {
        String name = kebabCase(written);
        String prefix = name.substring(0, Math.max(0, name.indexOf('.')));
        if (PREFIXES.contains(prefix)) {
            if (!exists(name, listed)) {
                throw unknown(name, Misspelling.amongSprings(name, OFTEN));
            }
        } else if (!prefix.equals(Misspelling.PREFIX)) {
            String rest = name.substring(prefix.length());
            if (Misspelling.isNear(prefix, Misspelling.PREFIX) && exists(Misspelling.PREFIX + rest, listed)) {
                throw unknown(name, Misspelling.insteadOf(name));
            }
            for (String known : PREFIXES) {
                if (Misspelling.isNear(prefix, known) && exists(known + rest, listed)) {
                    throw unknown(name, "such as " + known + rest);
                }
            }
        }
    }

    private static boolean exists(String name, List<String> listed) {
        return OFTEN.contains(name) || name.startsWith(ROUTES) || isListed(name, listed);
    }

    private static InvalidSettingException unknown(String name, String expected) {
        return new InvalidSettingException(name, "unknown setting (expected: %s)".formatted(expected));
    }

    /** Whether it, or a map or list that it is part of, is among the properties of the metadata, which is read once. */
    private static boolean isListed(String name, List<String> metadata) {
        if (metadata.isEmpty()) {
            metadata.addAll(read());
        }
        String part = name;
        while (!part.isEmpty()) {
            Pattern property = Pattern.compile("\"name\"\\s*:\\s*\"" + Pattern.quote(part) + "\"");
            if (metadata.stream().anyMatch(text -> property.matcher(text).find())) {
                return true;
            }
            int end = Math.max(part.lastIndexOf('.'), part.lastIndexOf('['));
            part = end < 0 ? "" : part.substring(0, end);
        }
        return false;
    }

    /** The metadata of every library without its groups, which are no settings. */
    private static List<String> read() {
        List<String> texts = new ArrayList<>();
        try {
            for (String kind : List.of("", "additional-")) {
                ClassLoader classPath = GivenSettings.class.getClassLoader();
                for (URL url : Collections.list(classPath.getResources(METADATA.formatted(kind)))) {
                    try (InputStream in = url.openStream()) {
                        String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
                        texts.add(text.substring(Math.max(0, text.indexOf("\"properties\""))));
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return texts;
    }

    private static String kebabCase(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1-$2").replace('_', '-').toLowerCase(Locale.ROOT);
    }

    /** Refuses a profile that nothing is configured for: the settings of a mistyped one would be left out silently. */
    static final class KnownProfiles implements ApplicationListener<ApplicationContextInitializedEvent> {
        private static final String ACTIVE = "spring.profiles.active";

        /** Those that beans ask for, and need no file. */
        private static final List<String> OF_BEANS = List.of("demo", "quiet");

        /** @throws InvalidSettingException naming the profile */
        @Override
        public void onApplicationEvent(ApplicationContextInitializedEvent event) {
            ConfigurableEnvironment environment = event.getApplicationContext().getEnvironment();
            for (String profile : environment.getActiveProfiles()) {
                if (!OF_BEANS.contains(profile) && !isConfigured(environment, profile)) {
                    throw new InvalidSettingException(
                            ACTIVE,
                            profile,
                            "a profile with a file application-%s.yaml, such as demo or kubernetes".formatted(profile));
                }
            }
        }

        /** By a file, by a part of a file, or as the name of a group. */
        private static boolean isConfigured(ConfigurableEnvironment environment, String profile) {
            if (environment.containsProperty("spring.profiles.group." + profile)
                    || environment.containsProperty("spring.profiles.group." + profile + "[0]")) {
                return true;
            }
            for (PropertySource<?> source : environment.getPropertySources()) {
                Object parts = source.getProperty("spring.config.activate.on-profile");
                if (source.getName().contains("application-" + profile + ".")
                        || (parts != null && parts.toString().contains(profile))) {
                    return true;
                }
            }
            return false;
        }
    }
}
