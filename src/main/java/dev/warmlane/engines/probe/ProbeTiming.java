package dev.warmlane.engines.probe;

import java.time.Duration;

/**
 * When and how patiently endpoints are probed.
 *
 * @param interval from the start of one probe of an endpoint to the start of the next, give or take a tenth
 * @param timeout what one request may take, from connecting to the last byte
 * @param keepAlive how long an idle connection is kept
 * @param maxConcurrent probes in flight at once, over all endpoints
 */
public record ProbeTiming(Duration interval, Duration timeout, Duration keepAlive, int maxConcurrent) {
    private static final Duration LONGEST_ROUND = Duration.ofMillis(500);
    private static final Duration SHORTEST_ROUND = Duration.ofMillis(10);

    /** @throws IllegalArgumentException naming the first value that is out of range, and the range */
    public ProbeTiming {
        requirePositive("interval", interval);
        requirePositive("timeout", timeout);
        requirePositive("keepAlive", keepAlive);
        if (maxConcurrent < 1) {
            throw new IllegalArgumentException("maxConcurrent: %d (expected: > 0)".formatted(maxConcurrent));
        }
    }

    /** How often to look for endpoints that have come or gone. */
    Duration round() {
        Duration tenth = interval.dividedBy(10);
        if (tenth.compareTo(LONGEST_ROUND) > 0) {
            return LONGEST_ROUND;
        }
        return tenth.compareTo(SHORTEST_ROUND) < 0 ? SHORTEST_ROUND : tenth;
    }

    private static void requirePositive(String name, Duration value) {
        if (value.toMillis() < 1) {
            throw new IllegalArgumentException("%s: %dms (expected: >= 1ms)".formatted(name, value.toMillis()));
        }
    }
}
