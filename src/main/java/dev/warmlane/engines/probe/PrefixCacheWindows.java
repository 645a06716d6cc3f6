package dev.warmlane.engines.probe;

import dev.warmlane.core.vllm.PrefixCacheCounters;
import java.time.Duration;

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
