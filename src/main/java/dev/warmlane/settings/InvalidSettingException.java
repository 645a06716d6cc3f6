package dev.warmlane.settings;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/** A setting that cannot be used. The message gives key, value and what was expected; the process must not start. */
public final class InvalidSettingException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private static final List<Unit> SECONDS =
            List.of(new Unit("d", 86_400), new Unit("h", 3600), new Unit("m", 60), new Unit("s", 1));

    private static final List<Unit> BYTES =
            List.of(new Unit("GB", 1 << 30), new Unit("MB", 1 << 20), new Unit("KB", 1 << 10), new Unit("B", 1));

    /** @param expected what the value should have been, in words */
    public InvalidSettingException(String key, @Nullable Object value, String expected) {
        this(key, "%s (expected: %s)".formatted(text(value), expected));
    }

    /** @param problem the value and what was expected, in words */
    public InvalidSettingException(String key, String problem) {
        super(key + ": " + problem);
    }

    /** A value as it is written in settings: in the largest unit of which it is a whole number. */
    static String text(@Nullable Object value) {
        if (value instanceof Duration duration) {
            if (duration.toNanosPart() == 0) {
                return whole(duration.toSeconds(), SECONDS);
            }
            return duration.toNanosPart() % 1_000_000 == 0 ? duration.toMillis() + "ms" : duration.toString();
        }
        if (value instanceof DataSize size) {
            return whole(size.toBytes(), BYTES);
        }
        return value == null ? "not set" : value.toString();
    }

    private static String whole(long number, List<Unit> units) {
        Unit unit = units.stream()
                .filter(each -> number != 0 && number % each.size == 0)
                .findFirst()
                .orElse(units.get(units.size() - 1));
        return number / unit.size + unit.name;
    }

    private record Unit(String name, long size) {}

    /** What settings share: the ranges of values, and what is shown of a secret. */
    static final class Check {
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

        static void atMost(String key, Duration value, Duration most) {
            if (value.compareTo(most) > 0) {
                throw new InvalidSettingException(key, value, "at most " + text(most));
            }
        }

        static void between(String key, DataSize value, DataSize least, DataSize most) {
            if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
                throw new InvalidSettingException(key, value, text(least) + " to " + text(most));
            }
        }

        static void between(String key, long value, long least, long most) {
            if (value < least || value > most) {
                throw new InvalidSettingException(key, value, least + " to " + most);
            }
        }

        /** Fails if a list in which the first match counts has an element twice: one of them was meant to be another. */
        static void eachOnce(String key, List<String> values) {
            Set<String> seen = new HashSet<>();
            for (String value : values) {
                if (!seen.add(value)) {
                    throw new InvalidSettingException(key, value, "each once");
                }
            }
        }

        static void atLeast(String key, long value, long least) {
            if (value < least) {
                throw new InvalidSettingException(key, value, "at least " + least);
            }
        }
    }
}
