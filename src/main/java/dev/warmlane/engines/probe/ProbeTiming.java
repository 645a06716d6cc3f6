package dev.warmlane.engines.probe;

import java.time.Duration;

/**
 * When and how patiently endpoints are probed.
 *
 * @param interval from the start of one probe of an endpoint to the start of the next, give or take a tenth
 * @param timeout what one request may take, from connecting to the last byte
 * @param keepAlive how long an idle connection is kept
 * @param dnsRefresh how long what DNS says of a host name counts at most, and a connection to it is kept
 * @param maxConcurrent probes in flight at once, over all endpoints
 */
public record ProbeTiming(
        Duration interval, Duration timeout, Duration keepAlive, Duration dnsRefresh, int maxConcurrent) {
    private static final Duration LONGEST_ROUND = Duration.ofMillis(500);
    private static final Duration SHORTEST_ROUND = Duration.ofMillis(10);

    /** With a longer one, every second interval would be too seldom: metrics of a minute ago are an alarm. */
    private static final Duration LONGEST_RESTED_INTERVAL = Duration.ofSeconds(5);

    /** @throws IllegalArgumentException naming the first value that is out of range, and the range */
    public ProbeTiming {
        requirePositive("interval", interval);
        requirePositive("timeout", timeout);
        requirePositive("keepAlive", keepAlive);
        requirePositive("dnsRefresh", dnsRefresh);
        if (maxConcurrent < 1) {
            throw new IllegalArgumentException("maxConcurrent: %d (expected: > 0)".formatted(maxConcurrent));
        }
    }

    /**
     * How much longer than the interval a target that rests may wait: as long again, or a little less where its connection would be
     * closed meanwhile and has to be opened anew.
     */
    Duration rest() {
        if (interval.compareTo(LONGEST_RESTED_INTERVAL) > 0) {
            return Duration.ZERO;
        }
        // Rounds come late, and the connection is idle only when the poll is over.
        Duration kept = keepAlive.minus(interval).minus(gathering()).minus(round().multipliedBy(2));
        return kept.isNegative() || kept.compareTo(interval) > 0 ? interval : kept;
    }

    /**
     * How often targets that rest are polled, as many at once as are due by then: what only wakes now and then costs most of its time to
     * get back into the processor's caches.
     */
    Duration gathering() {
        return interval.dividedBy(2);
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
