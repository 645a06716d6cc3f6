package dev.warmlane.ops.history;

import dev.warmlane.ops.history.History.Subject;
import java.time.Duration;
import java.util.Locale;

/** How far back the history goes, and how finely. */
public enum Resolution {
    HOUR("1h", Duration.ofSeconds(10), 360),
    DAY("24h", Duration.ofMinutes(2), 720),
    WEEK("7d", Duration.ofMinutes(15), 672);

    private final String label;
    private final Duration step;
    private final int points;

    Resolution(String label, Duration step, int points) {
        this.label = label;
        this.step = step;
        this.points = points;
    }

    /** What it is called in a request: 1h, 24h or 7d. */
    public String label() {
        return label;
    }

    /** The time from one point to the next. */
    public Duration step() {
        return step;
    }

    /** How many points are kept. */
    public int points() {
        return points;
    }

    /** How many points are kept of this subject: a pool's week can be compared with the one before. */
    int points(Subject subject) {
        return this == WEEK && subject.isPool() ? 2 * points : points;
    }

    /** @throws IllegalArgumentException if none is called so */
    public static Resolution ofLabel(String label) {
        for (Resolution resolution : values()) {
            if (resolution.label.equals(label.toLowerCase(Locale.ROOT))) {
                return resolution;
            }
        }
        throw new IllegalArgumentException("range: %s (expected: 1h, 24h or 7d)".formatted(label));
    }
}
