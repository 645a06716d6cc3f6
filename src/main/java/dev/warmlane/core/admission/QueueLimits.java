package dev.warmlane.core.admission;

import java.time.Duration;

/**
 * How long a line may get.
 *
 * @param maxEntries requests that wait at a time; 0 lets nobody wait
 * @param maxWait how long one may wait, to the precision of the ticks
 */
public record QueueLimits(int maxEntries, Duration maxWait) {
    public QueueLimits {
        if (maxEntries < 0) {
            throw new IllegalArgumentException("max-entries: %d (expected: at least 0)".formatted(maxEntries));
        }
        if (maxWait.isZero() || maxWait.isNegative()) {
            throw new IllegalArgumentException("max-wait: %s (expected: > 0)".formatted(maxWait));
        }
    }
}
