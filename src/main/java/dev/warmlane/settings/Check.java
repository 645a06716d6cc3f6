package dev.warmlane.settings;

import java.time.Duration;
import org.springframework.util.unit.DataSize;

/** The ranges that settings share. */
final class Check {
    private Check() {}

    static void positive(String key, Duration value) {
        if (value.isZero() || value.isNegative()) {
            throw new InvalidSettingException(key, value, "more than zero, such as 2s");
        }
    }

    static void notNegative(String key, Duration value) {
        if (value.isNegative()) {
            throw new InvalidSettingException(key, value, "zero or more, such as 2s");
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
