package dev.warmlane.engines.probe;

import dev.warmlane.core.vllm.VllmMetrics.PrefixCacheCounters;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What one endpoint's prefix cache counted over the last minutes. Restarts of the server, which take its counters back to
 * zero, are bridged: what it counts after a restart is added to what it had counted before.
 *
 * <p>A ring holds one sample every five seconds over the last hour, 17 KB in all. A window starts at the newest sample that
 * is at least as old as the window is long, so that it is up to five seconds and one scrape interval too long; where
 * scrapes failed for a while, it takes in the gap. What was counted between the last scrape before a restart and the
 * restart is lost. Before the first scrape nothing is known, so that the first counters only mark the start. For one thread.
 */
public final class PrefixCacheHistory {
    /** The longest window. */
    public static final Duration LONGEST_WINDOW = Duration.ofHours(1);

    private static final long SPACING_NANOS = Duration.ofSeconds(5).toNanos();
    private static final int SLOTS = (int) (LONGEST_WINDOW.toNanos() / SPACING_NANOS) + 2;

    private final LongSupplier nanoClock;
    private final long[] times = new long[SLOTS];
    private final long[] queriedTokens = new long[SLOTS];
    private final long[] hitTokens = new long[SLOTS];

    /** Samples ever taken; sample {@code i} is in slot {@code i % SLOTS}. */
    private long samples;

    private @Nullable PrefixCacheCounters last;
    private PrefixCacheCounters sinceStart = PrefixCacheCounters.NONE;

    /** @param nanoClock elapsed time in nanoseconds, as of {@link System#nanoTime} */
    public PrefixCacheHistory(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /** Takes the counters that the server has just reported. */
    public void record(PrefixCacheCounters counters) {
        if (last != null) {
            sinceStart = sinceStart.plus(counters.since(last));
        }
        last = counters;
        long now = nanoClock.getAsLong();
        if (samples == 0 || now - times[slot(samples - 1)] >= SPACING_NANOS) {
            int slot = slot(samples++);
            times[slot] = now;
            queriedTokens[slot] = sinceStart.queriedTokens();
            hitTokens[slot] = sinceStart.hitTokens();
        }
    }

    /**
     * What was counted from {@code window} ago until now; from the first scrape on where that is later.
     *
     * @throws IllegalArgumentException if the window is not in (0, {@link #LONGEST_WINDOW}]
     */
    public PrefixCacheCounters over(Duration window) {
        if (window.isZero() || window.isNegative() || window.compareTo(LONGEST_WINDOW) > 0) {
            throw new IllegalArgumentException(
                    "window: %ds (expected: > 0s, <= %ds)".formatted(window.toSeconds(), LONGEST_WINDOW.toSeconds()));
        }
        if (samples == 0) {
            return PrefixCacheCounters.NONE;
        }
        int slot = slot(startOf(window));
        return sinceStart.since(new PrefixCacheCounters(queriedTokens[slot], hitTokens[slot]));
    }

    /** The newest sample at least as old as the window is long, else the oldest, by binary search. */
    private long startOf(Duration window) {
        long now = nanoClock.getAsLong();
        long low = Math.max(0, samples - SLOTS);
        long high = samples - 1;
        while (low < high) {
            long middle = (low + high + 1) / 2;
            if (now - times[slot(middle)] >= window.toNanos()) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    private static int slot(long sample) {
        return (int) (sample % SLOTS);
    }

    /** What one or several prefix caches counted over the last 1, 5 and 60 minutes. Immutable. */
    public record PrefixCacheWindows(
            PrefixCacheCounters lastMinute, PrefixCacheCounters last5Minutes, PrefixCacheCounters last60Minutes) {

        /** Nothing asked in any window. */
        public static final PrefixCacheWindows NONE =
                new PrefixCacheWindows(PrefixCacheCounters.NONE, PrefixCacheCounters.NONE, PrefixCacheCounters.NONE);

        /** The windows of a history as they are now. */
        static PrefixCacheWindows of(PrefixCacheHistory history) {
            return new PrefixCacheWindows(
                    history.over(Duration.ofMinutes(1)),
                    history.over(Duration.ofMinutes(5)),
                    history.over(Duration.ofMinutes(60)));
        }

        /** The counts of the two together, window by window. */
        public PrefixCacheWindows plus(PrefixCacheWindows other) {
            return new PrefixCacheWindows(
                    lastMinute.plus(other.lastMinute),
                    last5Minutes.plus(other.last5Minutes),
                    last60Minutes.plus(other.last60Minutes));
        }
    }
}
