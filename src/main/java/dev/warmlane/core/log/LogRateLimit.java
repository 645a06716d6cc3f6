package dev.warmlane.core.log;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Lets some lines through to the log at once and then one in every interval, and counts those left out. What is not used comes
 * back, one line in every interval. Safe for concurrent use.
 */
public final class LogRateLimit {
    /** What {@link #next} says of a line that is left out. */
    public static final int LEFT_OUT = -1;

    private final int most;
    private final long intervalNanos;
    private final LongSupplier nanoTime;
    private int ready;
    private long countedNanos;
    private int leftOut;

    /**
     * @param most lines at once, at least 1
     * @param interval more than zero
     * @param nanoTime the clock, as {@link System#nanoTime}
     */
    public LogRateLimit(int most, Duration interval, LongSupplier nanoTime) {
        this.most = most;
        this.intervalNanos = interval.toNanos();
        this.nanoTime = nanoTime;
        this.ready = most;
        this.countedNanos = nanoTime.getAsLong();
    }

    /** One line a minute. */
    public static LogRateLimit oncePerMinute() {
        return new LogRateLimit(1, Duration.ofMinutes(1), System::nanoTime);
    }

    /** How many lines were left out before this one, or that this one is. */
    public synchronized int next() {
        if (!isReady()) {
            leftOut++;
            return LEFT_OUT;
        }
        ready--;
        int before = leftOut;
        leftOut = 0;
        return before;
    }

    /** Whether lines were left out since the last one, and {@link #next} would let one through. */
    public synchronized boolean hasLeftOut() {
        return leftOut > 0 && isReady();
    }

    private boolean isReady() {
        long now = nanoTime.getAsLong();
        long back = (now - countedNanos) / intervalNanos;
        ready = (int) Math.min(most, ready + back);
        // Where none is missing, the next interval begins with the line that is let through now.
        countedNanos = ready == most ? now : countedNanos + back * intervalNanos;
        return ready > 0;
    }

    /** A line's text, with how many like it were left out. */
    public static String text(String line, int leftOut) {
        return leftOut == 0 ? line : line + " (and %d more since the last such line)".formatted(leftOut);
    }
}
