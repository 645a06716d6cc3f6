package dev.warmlane.settings;

import dev.warmlane.settings.SettingNames.NearestSetting;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.util.unit.DataSize;

/** A setting that cannot be used. The message gives key, value and what was expected; the process must not start. */
public final class InvalidSettingException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    public InvalidSettingException(String key, @Nullable Object value, String expected) {
        this(key, "%s (expected: %s)".formatted(text(value), expected));
    }

    /** @param problem the value and what was expected, in words */
    public InvalidSettingException(String key, String problem) {
        super(key + ": " + problem);
    }

    /** A value as one writes it in settings. */
    static String text(@Nullable Object value) {
        if (value instanceof Duration duration) {
            boolean wholeSeconds = duration.toMillis() % 1000 == 0;
            return DurationStyle.SIMPLE.print(duration, wholeSeconds ? ChronoUnit.SECONDS : ChronoUnit.MILLIS);
        }
        return String.valueOf(value);
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
                boolean.class, "true or false");

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
                    problems.append(describe(
                                    property,
                                    NearestSetting.insteadOf(property.getName().toString())))
                            .append(System.lineSeparator());
                }
                return analysis(problems.toString().strip(), cause);
            }
            ConfigurationProperty property = cause.getProperty();
            Class<?> type = cause.getTarget().getType().resolve(Object.class);
            return property == null
                    ? null
                    : analysis(describe(property, EXPECTED.getOrDefault(type, "a " + type.getSimpleName())), cause);
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
