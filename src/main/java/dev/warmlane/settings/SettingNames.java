package dev.warmlane.settings;

import dev.warmlane.settings.InvalidSettingException.Check;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationPropertiesBindHandlerAdvisor;
import org.springframework.boot.context.properties.bind.AbstractBindHandler;
import org.springframework.boot.context.properties.bind.BindContext;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertyState;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.util.unit.DataSize;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Collects the names of all settings, by noting what Spring's binding looks for under our prefix. Finds others in the environment
 * and the system properties, where Spring Boot looks only for what it knows and would ignore a misspelt one.
 */
public final class SettingNames implements ConfigurationPropertiesBindHandlerAdvisor {
    static final String PREFIX = "warmlane";

    private static final String ENVIRONMENT_PREFIX = "WARMLANE_";
    private static final String PROPERTY_PREFIX = PREFIX + ".";
    private static final Pattern NEITHER_LETTER_NOR_DIGIT = Pattern.compile("[^a-z0-9]");

    /** Kubernetes sets these in every pod for a Service whose name starts like ours; they are nobody's settings. */
    private static final Pattern SERVICE_LINK = Pattern.compile(
            "WARMLANE(_[A-Z0-9_]+)?_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)");

    private final Set<String> names = ConcurrentHashMap.newKeySet();

    @Override
    public BindHandler apply(BindHandler handler) {
        return new AbstractBindHandler(handler) {
            @Override
            public <T> @Nullable Bindable<T> onStart(
                    ConfigurationPropertyName name, Bindable<T> target, BindContext context) {
                if (name.getElement(0, ConfigurationPropertyName.Form.UNIFORM).equals(PREFIX)) {
                    names.add(canonical(name.toString()));
                }
                return super.onStart(name, target, context);
            }
        };
    }

    /** Whether a setting of this name exists, in whatever spelling: kebab case, camel case or that of the environment. */
    boolean exists(String name) {
        return names.contains(canonical(name));
    }

    /** The same for every spelling of a name: its letters and digits, in lower case. */
    static String canonical(String name) {
        return NEITHER_LETTER_NOR_DIGIT.matcher(name.toLowerCase(Locale.ROOT)).replaceAll("");
    }

    /**
     * Checks the names of the environment and of properties; values are not looked at.
     *
     * @throws InvalidSettingException naming the first setting that does not exist
     */
    public void check(Map<String, String> environment, Iterable<String> propertyNames) {
        for (String name : environment.keySet()) {
            boolean ours = name.startsWith(ENVIRONMENT_PREFIX);
            if (ours && !exists(name) && !SERVICE_LINK.matcher(name).matches()) {
                throw unknown(name);
            }
        }
        for (String name : propertyNames) {
            if (name.startsWith(PROPERTY_PREFIX) && !exists(name)) {
                throw unknown(name);
            }
        }
    }

    private static InvalidSettingException unknown(String name) {
        return new InvalidSettingException(
                name, "unknown setting (expected: %s)".formatted(NearestSetting.insteadOf(name)));
    }

    /** The setting that somebody may have meant who wrote one that does not exist. Read from the configuration metadata of the jar. */
    static final class NearestSetting {
        private static final String METADATA = "/META-INF/spring-configuration-metadata.json";

        /** Mistakes that a name may have and still be meant: one for every so many letters. */
        private static final int LETTERS_A_MISTAKE = 7;

        private NearestSetting() {}

        /** What to expect instead of a name: where the settings are listed, and the nearest of them if there is one near. */
        static String insteadOf(String name) {
            String nearest = of(name);
            return "one that docs/settings.md lists" + (nearest == null ? "" : ", such as " + nearest);
        }

        /** What to expect instead of a name under a prefix of Spring's. */
        static String amongSprings(String name, List<String> often) {
            return often.stream()
                    .filter(known -> distance(known, name) <= 2)
                    .findFirst()
                    .map(known -> "such as " + known)
                    .orElse("one that Spring Boot or Spring Cloud Gateway lists");
        }

        /** What to expect instead of a word that is no name, but may be the end of one. */
        static String endingIn(String word, List<String> often) {
            String end = word.replace('-', '.');
            return often.stream()
                    .filter(known -> known.equals(end) || known.endsWith("." + end))
                    .findFirst()
                    .map(known -> "such as " + known)
                    .orElse("one that docs/settings.md lists, with its prefix");
        }

        /** Whether one word may have been meant for another. */
        static boolean isNear(String word, String meant) {
            return distance(word, meant) <= 1;
        }

        /** In the spelling of the environment if the name is in that, else in kebab case; null if none is near. */
        private static @Nullable String of(String name) {
            String written = SettingNames.canonical(name);
            return names().stream()
                    .filter(known ->
                            distance(SettingNames.canonical(known), written) <= written.length() / LETTERS_A_MISTAKE)
                    .min(Comparator.comparingInt(known -> distance(SettingNames.canonical(known), written)))
                    .map(known -> name.indexOf('.') < 0 ? environmentName(known) : known)
                    .orElse(null);
        }

        private static List<String> names() {
            List<String> names = new ArrayList<>();
            try (InputStream metadata = NearestSetting.class.getResourceAsStream(METADATA)) {
                if (metadata != null) {
                    for (JsonNode property :
                            JsonMapper.shared().readTree(metadata).path("properties")) {
                        names.add(property.path("name").asString(""));
                    }
                }
            } catch (IOException unreadable) {
                // The message does without.
            }
            return names;
        }

        private static String environmentName(String name) {
            return name.replace('.', '_').replace("-", "").toUpperCase(Locale.ROOT);
        }

        /** Letters to insert, delete or replace to make one of the other (Levenshtein 1966, by the rows of Wagner and Fischer 1974). */
        private static int distance(String a, String b) {
            int[] row = new int[b.length() + 1];
            for (int j = 0; j <= b.length(); j++) {
                row[j] = j;
            }
            for (int i = 1; i <= a.length(); i++) {
                int diagonal = row[0];
                row[0] = i;
                for (int j = 1; j <= b.length(); j++) {
                    int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                    diagonal = row[j];
                    row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
                }
            }
            return row[b.length()];
        }
    }

    /**
     * Says which setting stopped the start, instead of a stack trace: one that does not exist, whose value is of another type, or that
     * cannot be used; what it was, where from, and what was expected.
     */
    @Order(Ordered.HIGHEST_PRECEDENCE)
    static final class SettingFailureAnalyzer extends AbstractFailureAnalyzer<RuntimeException> {
        private static final Map<Class<?>, String> EXPECTED = Map.of(
                Duration.class, "a duration such as 2s, 10m or 2h",
                DataSize.class, "a size such as 64KB or 32MB",
                int.class, "a whole number",
                long.class, "a whole number",
                double.class, "a number",
                Double.class, "a number",
                boolean.class, "true or false",
                List.class, "a list",
                Map.class, "names with values");

        @Override
        protected @Nullable FailureAnalysis analyze(Throwable rootFailure, RuntimeException first) {
            InvalidSettingException invalid = findCause(rootFailure, InvalidSettingException.class);
            if (invalid != null) {
                return analysis(String.valueOf(invalid.getMessage()), invalid);
            }
            BindException cause = findCause(rootFailure, BindException.class);
            if (cause == null || !cause.getName().toString().startsWith(SettingNames.PREFIX)) {
                return null;
            }
            UnboundConfigurationPropertiesException unbound =
                    findCause(rootFailure, UnboundConfigurationPropertiesException.class);
            if (unbound != null) {
                StringBuilder problems = new StringBuilder();
                for (ConfigurationProperty property : unbound.getUnboundProperties()) {
                    ConfigurationPropertyName left = leftOut(property);
                    String expected = left == null
                            ? insteadOf(property)
                            : left + " beside it: a list is taken from one place, and numbered from 0 there";
                    problems.append(describe(property, expected)).append(System.lineSeparator());
                }
                return analysis(problems.toString().strip(), cause);
            }
            ConfigurationProperty property = cause.getProperty();
            Class<?> type = cause.getTarget().getType().resolve(Object.class);
            return property == null ? null : analysis(describe(property, expected(type)), cause);
        }

        /** Spring takes no text at all for some values, such as durations, and then says that nothing has this name. */
        private static String insteadOf(ConfigurationProperty property) {
            String name = property.getName().toString();
            boolean exists = NearestSetting.names().contains(name);
            return exists ? "a value, or no such line" : NearestSetting.insteadOf(name);
        }

        /** The element of a list before this one if its place does not have it: then Spring does not see this one either. */
        private static @Nullable ConfigurationPropertyName leftOut(ConfigurationProperty property) {
            ConfigurationPropertyName name = property.getName();
            ConfigurationPropertySource source = property.getSource();
            for (int i = 0; source != null && i < name.getNumberOfElements(); i++) {
                String index = name.getElement(i, ConfigurationPropertyName.Form.ORIGINAL);
                if (name.isNumericIndex(i) && index.length() < 10 && !index.equals("0")) {
                    ConfigurationPropertyName before = name.chop(i).append("[" + (Integer.parseInt(index) - 1) + "]");
                    if (source.getConfigurationProperty(before) == null
                            && source.containsDescendantOf(before) == ConfigurationPropertyState.ABSENT) {
                        return before;
                    }
                }
            }
            return null;
        }

        private static String expected(Class<?> type) {
            if (type.isEnum()) {
                return Stream.of(type.getEnumConstants())
                        .map(constant ->
                                constant.toString().toLowerCase(Locale.ROOT).replace('_', '-'))
                        .collect(Collectors.joining(", "));
            }
            return type.isRecord()
                    ? "settings below it, no value"
                    : EXPECTED.getOrDefault(type, "a " + type.getSimpleName());
        }

        private static String describe(ConfigurationProperty property, String expected) {
            String name = property.getName().toString();
            Object shown = SettingsInForce.isSecret(name) ? Check.MASK : property.getValue();
            String problem = "%s: %s (expected: %s)".formatted(name, shown, expected);
            return property.getOrigin() == null ? problem : problem + ", from " + property.getOrigin();
        }

        private static FailureAnalysis analysis(String problem, Throwable cause) {
            return new FailureAnalysis(problem, "Correct the setting and start again.", cause);
        }
    }
}
