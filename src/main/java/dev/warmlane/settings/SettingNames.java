package dev.warmlane.settings;

import dev.warmlane.settings.InvalidSettingException.Check;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
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

/**
 * Collects the names of all settings, by noting what Spring's binding looks for under our prefix. Finds others in the environment
 * and the system properties, where Spring Boot looks only for what it knows and would ignore a misspelt one.
 */
public final class SettingNames implements ConfigurationPropertiesBindHandlerAdvisor {
    private static final Logger log = LoggerFactory.getLogger(SettingNames.class);
    private static final String PREFIX = Misspelling.PREFIX;

    private static final String ENVIRONMENT_PREFIX = "WARMLANE_";
    private static final String PROPERTY_PREFIX = PREFIX + ".";
    /** Other than zero, which is the same in all units. */
    private static final Pattern NUMBER = Pattern.compile("\\s*[+-]?0*[1-9][0-9]*\\s*");

    private static final long FEW_BYTES = 1024;

    /** Kubernetes sets these in every pod for a Service whose name starts like ours; they are nobody's settings. */
    private static final Pattern SERVICE_LINK = Pattern.compile(
            "WARMLANE(_[A-Z0-9_]+)?_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)");

    private final UnaryOperator<String> placeholders;
    private final Set<String> names = ConcurrentHashMap.newKeySet();

    /** @param placeholders what values mean that have some, as {@code ${NAME}} */
    public SettingNames(UnaryOperator<String> placeholders) {
        this.placeholders = placeholders;
    }

    @Override
    public BindHandler apply(BindHandler handler) {
        return new AbstractBindHandler(handler) {
            @Override
            public @Nullable Object onSuccess(
                    ConfigurationPropertyName name, Bindable<?> target, BindContext context, Object result) {
                ConfigurationProperty given = context.getConfigurationProperty();
                if (given != null && given.getName().equals(name) && PREFIX.equals(first(name))) {
                    warnWithoutUnit(name, placeholders.apply(String.valueOf(given.getValue())), result);
                }
                return super.onSuccess(name, target, context, result);
            }

            @Override
            public <T> @Nullable Bindable<T> onStart(
                    ConfigurationPropertyName name, Bindable<T> target, BindContext context) {
                if (PREFIX.equals(first(name))) {
                    names.add(Misspelling.canonical(name.toString()));
                }
                return super.onStart(name, target, context);
            }
        };
    }

    private static String first(ConfigurationPropertyName name) {
        return name.isEmpty() ? "" : name.getElement(0, ConfigurationPropertyName.Form.UNIFORM);
    }

    /**
     * A number without a unit is milliseconds, where mostly seconds are meant. For bytes it is common to leave the unit out, but
     * not for so few.
     */
    private static void warnWithoutUnit(ConfigurationPropertyName name, String given, Object value) {
        if (!NUMBER.matcher(given).matches()) {
            return;
        }
        if (value instanceof Duration) {
            log.warn("{}: {} is taken for {} ms (a unit makes it clear, as in 2s, 10m or 2h)", name, given, given);
        } else if (value instanceof DataSize size && size.toBytes() < FEW_BYTES) {
            log.warn("{}: {} is taken for {} bytes (a unit makes it clear, as in 64KB or 32MB)", name, given, given);
        }
    }

    /** Whether a setting of this name exists, in whatever spelling: kebab case, camel case or that of the environment. */
    boolean exists(String name) {
        return names.contains(Misspelling.canonical(name));
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
                name, "unknown setting (expected: %s)".formatted(Misspelling.insteadOf(name)));
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
            if (cause == null || !cause.getName().toString().startsWith(PREFIX)) {
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

        /** For some values, such as durations, Spring takes an empty text as missing and says that the name does not exist. */
        private static String insteadOf(ConfigurationProperty property) {
            String name = property.getName().toString();
            return Misspelling.isOne(name) ? "a value, or no such line" : Misspelling.insteadOf(name);
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
            Object shown = SettingsInForce.isSecret(name, property.getValue()) ? Check.MASK : property.getValue();
            String problem = "%s: %s (expected: %s)".formatted(name, shown, expected);
            return property.getOrigin() == null ? problem : problem + ", from " + property.getOrigin();
        }

        private static FailureAnalysis analysis(String problem, Throwable cause) {
            return new FailureAnalysis(problem, "Correct the setting and start again.", cause);
        }
    }
}
