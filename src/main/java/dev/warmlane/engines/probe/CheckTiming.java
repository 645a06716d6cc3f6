package dev.warmlane.engines.probe;

import java.time.Duration;

/**
 * How endpoints are checked.
 *
 * @param enabled whether they are; if not, only time passes
 * @param interval from one check of an endpoint to the next, give or take a tenth, more than zero
 * @param timeout what one check may take, from connecting to the last byte, more than zero
 * @param maxConcurrent checks in flight at once, over all endpoints, at least 1
 */
public record CheckTiming(boolean enabled, Duration interval, Duration timeout, int maxConcurrent) {
    private static final Duration LONGEST_ROUND = Duration.ofMillis(500);
    private static final Duration SHORTEST_ROUND = Duration.ofMillis(10);

    /** How often to look which endpoints are due. */
    Duration round() {
        Duration tenth = interval.dividedBy(10);
        if (!enabled || tenth.compareTo(LONGEST_ROUND) > 0) {
            return LONGEST_ROUND;
        }
        return tenth.compareTo(SHORTEST_ROUND) < 0 ? SHORTEST_ROUND : tenth;
    }
}
