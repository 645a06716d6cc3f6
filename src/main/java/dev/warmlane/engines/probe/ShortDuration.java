package dev.warmlane.engines.probe;

import java.time.Duration;

/** Durations as people write them in settings: {@code 2s}, {@code 1500ms}. */
final class ShortDuration {
    private ShortDuration() {}

    static String of(Duration duration) {
        long millis = duration.toMillis();
        return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
    }
}
