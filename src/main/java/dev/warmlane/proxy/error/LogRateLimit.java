package dev.warmlane.proxy.error;

import java.time.Duration;

/** Lets one line a second through to the log, and counts those left out. Safe for concurrent use. */
public final class LogRateLimit {
    /** What {@link #next} says of a line that is left out. */
    public static final int LEFT_OUT = -1;

    private static final long INTERVAL_NANOS = Duration.ofSeconds(1).toNanos();

    private long loggedNanos;
    private int leftOut;

    /** @param nowNanos on the clock of {@link #next}; the first line goes through */
    public LogRateLimit(long nowNanos) {
        loggedNanos = nowNanos - INTERVAL_NANOS;
    }

    /** How many were left out before this one, or that this one is. */
    public synchronized int next(long nowNanos) {
        if (nowNanos - loggedNanos < INTERVAL_NANOS) {
            leftOut++;
            return LEFT_OUT;
        }
        loggedNanos = nowNanos;
        int before = leftOut;
        leftOut = 0;
        return before;
    }

    /** A line's text, with how many like it were left out. */
    public static String text(String line, int leftOut) {
        return leftOut == 0 ? line : line + " (and %d times since the last such line)".formatted(leftOut);
    }
}
