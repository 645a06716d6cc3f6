package dev.warmlane.settings;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;

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
}
