package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.util.unit.DataSize;

/** What settings share: the ranges of values, and what is shown of a secret. */
final class Check {
    /** What is shown of a secret. */
    static final String MASK = "***";

    /** Timers count in milliseconds. */
    private static final Duration SHORTEST = Duration.ofMillis(1);

    /** Far beyond it, a time does not fit into a number of nanoseconds. */
    private static final Duration LONGEST = Duration.ofDays(3650);

    private Check() {}

    static void positive(String key, Duration value) {
        if (value.isZero() || value.isNegative()) {
            throw new InvalidSettingException(key, value, "more than zero, such as 2s");
        }
        inRange(key, value);
    }

    static void notNegative(String key, Duration value) {
        if (value.isNegative()) {
            throw new InvalidSettingException(key, value, "zero or more, such as 2s");
        }
        if (!value.isZero()) {
            inRange(key, value);
        }
    }

    private static void inRange(String key, Duration value) {
        if (value.compareTo(SHORTEST) < 0 || value.compareTo(LONGEST) > 0) {
            throw new InvalidSettingException(key, value, "from 1ms to 3650d");
        }
    }

    static void positive(String key, DataSize value) {
        if (value.toBytes() <= 0) {
            throw new InvalidSettingException(key, value, "more than zero, such as 32MB");
        }
    }

    static void atLeast(String key, long value, long least) {
        if (value < least) {
            throw new InvalidSettingException(key, value, "at least " + least);
        }
    }
}
